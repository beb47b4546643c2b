"""Where a journey is shown in a chat, and what its buyer was told there."""

from dataclasses import dataclass

from flow.journey import Journey
from flow.states import UNPAID
from service.ports import Transaction
from service.records import DUE, Card, DigestLine
from service.work import ShowCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a journey is shown in a chat: its card, and the lines of digests; `stale` names those that say the past."""

    card: Card | None
    lines: tuple[DigestLine, ...]
    stale: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the journey is shown nowhere."""
        return self.card is None and not self.lines

    @property
    def told(self) -> int:
        """The version of the journey that was last told in a new message; -1 where none was."""
        told = [line.announced for line in self.lines] + ([self.card.announced] if self.card else [])
        return max(told, default=-1)

    def tells(self, work: ShowCard, journey: Journey) -> bool:
        """Whether the buyer has seen already what this work would show; a digest's line is kept up to date itself."""
        if work.manner in ("redraw", "refresh"):
            return False
        if work.manner == "announce":
            return self.told >= work.version
        return self.card.version >= journey.version if self.card else bool(self.lines)

    def lags(self, journey: Journey) -> bool:
        """Whether something hangs there that says the past."""
        return bool(self.stale) or (self.card is not None and self.card.version < journey.version)


async def place_of(tx: Transaction, journey: Journey, chat_id: int) -> Place:
    """Where the journey is shown in this chat."""
    card = await tx.card(journey.id)
    digests = [digest for digest in await tx.digests(journey.id) if digest.chat_id == chat_id]
    lines = {d.message_id: line for d in digests for line in d.lines if line.journey_id == journey.id}
    return Place(
        card=card if card and card.chat_id == chat_id else None,
        lines=tuple(lines.values()),
        stale=tuple(message_id for message_id, line in lines.items() if is_stale(line, journey)),
    )


def line_of(journey: Journey, announced: int) -> DigestLine:
    """What a digest says of the journey as it stands now."""
    order = journey.order
    if journey.state not in UNPAID or order is None:
        return DigestLine(journey_id=journey.id, announced=announced, state=journey.state.value)
    return DigestLine(journey_id=journey.id, announced=announced, state=DUE, total=order.total, pay_by=order.pay_by)


def is_stale(line: DigestLine, journey: Journey) -> bool:
    """Whether a digest says of the journey what is not true any more."""
    return line_of(journey, line.announced) != line


def news_of(journey: Journey, place: Place) -> ShowCard:
    """The announcement of how the journey stands; what the chat shows nowhere yet may be told with others."""
    return ShowCard(journey_id=journey.id, manner="announce", version=journey.news, merges=place.is_empty)
