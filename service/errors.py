"""What should not happen, by what the reader can do about it.

AssistantError
  Refused            the outside sent something that must not be believed: answer 4xx, change nothing
    BadSignature
    Malformed
  Unavailable        something that we need is away: answer 503, try again
  OurFault           a rule of the house is broken: fix the code
    BrokenRule
    StaleJourney
    UnknownRecord
"""


class AssistantError(Exception):
    """Something went wrong; see the message of the kind below it."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        text = (self.__doc__ or "").strip()
        super().__init__(f"{text} ({detail})" if detail else text)


class Refused(AssistantError):
    """The sender's message cannot be taken; nothing was changed. Correct it and send it again."""


class BadSignature(Refused):
    """The signature does not fit the message, its time or its sender; check keys, clock and the exact bytes signed."""


class Malformed(Refused):
    """The message does not have the documented shape; the detail names the field."""


class Unavailable(AssistantError):
    """A system that is needed does not answer; try again later, nothing was lost."""


class OurFault(AssistantError):
    """A rule of the house was broken; this is a bug, report it with the detail."""


class BrokenRule(OurFault):
    """The store refused a write that breaks a rule of the schema; the detail names the rule."""


class StaleJourney(OurFault):
    """A journey was saved over a newer version of itself; its buyer's lock was not held."""


class UnknownRecord(OurFault):
    """A record that must exist is not in the store."""
