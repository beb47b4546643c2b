"""The names of the lines: what has one name keeps its order."""

SWEEP = "sweep"
CHAT = "chat:"
ORDERS = "orders"
TIDY = "tidy"

UNREACHABLE = "buyer.unreachable"
"""The outcome event that has to come before a deadline."""


def chat_line(chat_id: int) -> str:
    """The line that keeps a chat's messages in order and at their pace: each of its works sends or edits one."""
    return f"{CHAT}{chat_id}"


def reopening_line(chat_id: int) -> str:
    """The line in which it is looked for what a chat missed; what is found goes into the chat's own."""
    return f"reopening:{chat_id}"


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


def report_line(kind: str, subject: str) -> str:
    """The line that keeps the outcome events about one order, or about a buyer, in order.

    That somebody cannot be reached is worth nothing after the deadline, so it waits behind nothing else.
    """
    return f"unreachable:{subject}" if kind == UNREACHABLE else f"report:{subject}"


def orders_line(buyer_id: str) -> str:
    """The line in which a buyer's unpaid orders are compared with the auction house's."""
    return f"orders:{buyer_id}"
