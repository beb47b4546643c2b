"""A chat that was closed is open again: what could not be brought there meanwhile is queued, once."""

from flow.journey import Journey
from flow.states import CLOSED
from service.lines import chat_line
from service.places import Place, news_of, place_of
from service.ports import Claim, Store, Transaction
from service.records import Chat
from service.urgency import Urgency
from service.work import CatchUp, Done, Outcome, RetireCard, ShowCard


class CatchingUp:
    """Looks where each journey is shown; what is up to date there is left alone, and nothing is sent here."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(self, work: CatchUp, _: Claim) -> Outcome:
        """Queue what is missing; done twice, it changes nothing, since each work looks at the chat again."""
        async with self._store.transaction(Urgency.WIN) as tx:
            chat = await tx.chat(work.chat_id)
            if chat is None or chat.buyer_id is None or chat.unreachable_at is not None:
                return Done(idle=True)
            for journey in await tx.journeys(chat.buyer_id):
                await _catch_up(tx, chat, journey)
        return Done()


async def _catch_up(tx: Transaction, chat: Chat, journey: Journey) -> None:
    place, line = await place_of(tx, journey, chat.chat_id), chat_line(chat.chat_id)
    for message_id in place.card.older if place.card else ():
        await tx.queue(line, RetireCard(journey_id=journey.id, chat_id=chat.chat_id, message_id=message_id))
    missing = _missing(place, journey)
    if missing is not None:
        await tx.queue(line, missing)


def _missing(place: Place, journey: Journey) -> ShowCard | None:
    """News rings, a win as one of many; all else is drawn in its place. What ended unheard of is of no interest."""
    if place.is_empty and journey.state in CLOSED:
        return None
    if max(place.told, 0) < journey.news:
        return news_of(journey, place)
    return ShowCard(journey_id=journey.id) if place.is_empty or place.lags(journey) else None
