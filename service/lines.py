"""The names of the lines: what has one name keeps its order."""

from flow.journey import Journey

SWEEP = "sweep"
CHAT = "chat:"


def chat_line(chat_id: int) -> str:
    """The line that keeps a chat's messages in order and at their pace: each of its works sends or edits one."""
    return f"{CHAT}{chat_id}"


def is_paced(line: str) -> bool:
    """Whether a line is a chat's."""
    return line.startswith(CHAT)


def is_group(line: str) -> bool:
    """Whether a line is a group's: their ids are negative (core.telegram.org/bots/api#chat)."""
    return line.startswith(f"{CHAT}-")


def journey_line(journey_id: str) -> str:
    """The line that keeps a journey's gateway calls in order."""
    return f"journey:{journey_id}"


def reminder_line(journey_id: str) -> str:
    """The line that holds the next reminder of a journey's deadline, and nothing else."""
    return f"remind:{journey_id}"


def order_line(journey: Journey) -> str:
    """The line that keeps the outcome events about one order, or one buyer's verification, in order."""
    return f"report:{journey.order.order_id if journey.order else journey.buyer_id}"
