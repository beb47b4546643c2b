"""The names of the lines: what has one name keeps its order."""

from flow.journey import Journey

SWEEP = "sweep"


def chat_line(chat_id: int) -> str:
    """The line that keeps a chat's messages in order."""
    return f"chat:{chat_id}"


def journey_line(journey_id: str) -> str:
    """The line that keeps a journey's gateway calls in order."""
    return f"journey:{journey_id}"


def order_line(journey: Journey) -> str:
    """The line that keeps the outcome events about one order, or one buyer's verification, in order."""
    return f"report:{journey.order.order_id if journey.order else journey.buyer_id}"
