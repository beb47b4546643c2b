"""Reads what was kept at the doors, and takes it through the one door behind them."""

from collections.abc import Awaitable, Callable

from service.auction_events import AuctionEvent
from service.cashier import fact_id, refund_fact_id
from service.desk import Desk
from service.errors import Malformed, Unavailable
from service.facts import ChargeTold, RefundTold, Source, WalletUnlinked
from service.ports import Claim, EventReader, Letter, Letterbox, NoticeReader
from service.verdicts import ChargeNotice, Notice, RefundNotice, UnlinkNotice
from service.work import Dead, Done, Outcome, ReadAuctionEvent, ReadNotice, ReadUpdate

Feed = Callable[[bytes], Awaitable[None]]
"""Hands one raw Telegram update to the bot."""


class Inbox:
    """Letters are facts already: a letter that cannot be read is kept with its reason, and the next one is read."""

    def __init__(
        self, letterbox: Letterbox, desk: Desk, read_event: EventReader, read_notice: NoticeReader, feed: Feed
    ) -> None:
        self._letterbox, self._desk = letterbox, desk
        self._read_event, self._read_notice, self._feed = read_event, read_notice, feed

    async def update(self, work: ReadUpdate, _: Claim) -> Outcome:
        """A Telegram update goes to the bot's handlers; what they cannot take once, they cannot take again."""
        letter = await self._letterbox.letter(work.inbox_id)
        try:
            await self._feed(letter.body)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one person's update must not stop their next one
            return Dead(type(error).__name__)
        return Done()

    async def auction_event(self, work: ReadAuctionEvent, _: Claim) -> Outcome:
        """An event of the auction house."""
        letter = await self._letterbox.letter(work.inbox_id)
        try:
            event: AuctionEvent = self._read_event(letter.body)
        except Malformed as error:
            return Dead(str(error))
        await self._desk.receive(f"auction:{letter.source_id}", event)
        return Done()

    async def notice(self, work: ReadNotice, _: Claim) -> Outcome:
        """A notice of the gateway, whose signature was verified at the door; the desk knows where to ask back."""
        letter = await self._letterbox.letter(work.inbox_id)
        try:
            notice = self._read_notice(letter.body)
        except Malformed as error:
            return Dead(str(error))
        return await self._take(notice, letter)

    async def _take(self, notice: Notice, letter: Letter) -> Outcome:
        """The facts are named after the letter's bytes: they outlive it, and know a repeat for ever."""
        source = f"notice-{letter.source_id}"
        match notice:
            case ChargeNotice(charge_id=charge_id, verdict=verdict):
                told = ChargeTold(charge_id=charge_id, verdict=verdict, source=Source.NOTICE)
                await self._desk.receive(fact_id(charge_id, verdict, source), told)
            case RefundNotice(refund_id=refund_id, verdict=verdict):
                back = RefundTold(refund_id=refund_id, verdict=verdict)
                await self._desk.receive(refund_fact_id(refund_id, verdict, source), back)
            case UnlinkNotice(subject=subject):
                unlinked = WalletUnlinked(wallet_id=subject, at=letter.received_at)
                await self._desk.receive(f"notice:{letter.source_id}", unlinked)
            case _:
                return Dead(f"nothing to do for {type(notice).__name__}")
        return Done()
