"""What is counted at the edge. Labels are routes, states and sources of ours, never a sender's words."""

from prometheus_client import CollectorRegistry, Counter, Histogram


class Metrics:
    """The edge's counters, in the registry that is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("web_requests", "Answers given.", ["route", "status"], registry=registry)
        self.seconds = Histogram("web_request_seconds", "Time to the answer.", ["route"], registry=registry)
        self.letters = Counter("web_letters", "Letters taken in.", ["source", "outcome"], registry=registry)
        self.unread = Counter("web_unread_letters", "Letters of a type not known here.", ["source"], registry=registry)
