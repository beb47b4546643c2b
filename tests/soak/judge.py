"""What must hold at the end of a soak: each rule yields its violations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from flow.states import UNPAID, Payment
from tests.soak.deals import ENDINGS, Deal, total
from tests.soak.evidence import Evidence, Item, Message

CAUSED_WITHIN = 3.0
"""Seconds after a message in which what goes wrong may keep it from being noted."""
CAUSED_BEFORE = 1.0
"""Seconds before it, in which what it was sent by may have gone already."""

ONCE = ("WonWithAlipay", "OrderCancelled", "PaidElsewhere", "ChargeSettled")
"""Events that an order's journey has at most once here."""


def facts_are_taken_once(end: Evidence) -> Iterator[str]:
    """Each accepted event is a fact, and no fact moved a journey by the same event twice."""
    for webhook_id, told in end.told.items():
        if told.taken is None:
            yield f"{webhook_id}: was not accepted to the end"
        elif f"auction:{webhook_id}" not in end.kept.facts:
            yield f"{webhook_id}: was accepted, and led to nothing"
    by_fact = Counter((f"{move.event} of {move.fact_id}", move.journey_id) for move in end.kept.moves)
    by_event = Counter((move.event, move.journey_id) for move in end.kept.moves if move.event in ONCE)
    for (what, journey_id), count in (by_fact + by_event).items():
        if count > 1:
            yield f"{journey_id}: was moved {count} times by {what}"


def orders_have_one_journey(end: Evidence) -> Iterator[str]:
    """Each order that was to be paid has one journey, which stands where its newest version led."""
    items: defaultdict[str, list[Item]] = defaultdict(list)
    for item in end.kept.items:
        items[item.order].append(item)
    for order, deal in end.deals.items():
        if end.kept.versions.get(order) != deal.last.version:
            yield f"{order}: version {end.kept.versions.get(order)} was taken, {deal.last.version} was told"
        if len(items[order]) != 1 and not (not items[order] and _may_end_unseen(end, deal)):
            yield f"{order}: has {len(items[order])} journeys"
        yield from (wrong for item in items[order] for wrong in _stands_wrong(end, deal, item))


def _may_end_unseen(end: Evidence, deal: Deal) -> bool:
    """Whether the end of the order may have been taken before anything else of it: then nothing was to be paid."""
    last, others = end.told.get(deal.last.id), [end.told.get(event.id) for event in deal.events[:-1]]
    if last is None or not deal.last.ends:
        return False
    return all(told is None or told.taken is None or told.taken > last.first for told in others)


def _stands_wrong(end: Evidence, deal: Deal, item: Item) -> Iterator[str]:
    ended = dict(ENDINGS.values()).get(deal.last.type)
    if ended is not None and item.state is not ended:
        yield f"{item.order}: is {item.state.value}, was told to be {ended.value}"
    if ended is None and item.version != deal.last.version:
        yield f"{item.order}: is of version {item.version}, {deal.last.version} was told"
    stands = Payment.PAID if deal.is_bought else Payment.WON
    if ended is None and item.state is not stands:
        yield f"{item.order}: is {item.state.value}, not {stands.value}"


def buyers_see_what_is_so(end: Evidence) -> Iterator[str]:
    """The last message about an order says how it stands; chats that are closed have a reason."""
    last = {telling.order: telling for message in end.messages for telling in message.tellings if telling.state}
    for item in end.kept.items:
        telling = last.get(item.order)
        if end.chats.get(item.order) in end.kept.closed:
            continue
        if telling is None:
            yield from () if _was_over_when_they_came(end, item) else [f"{item.order}: no message tells of it"]
        elif (telling.version, telling.is_due) != (item.version, item.state in UNPAID):
            yield f"{item.order}: is {item.state.value} in version {item.version}, the chat says {telling}"
        elif not telling.is_due and telling.state is not item.state:
            yield f"{item.order}: is {item.state.value}, the chat says {telling}"


def _was_over_when_they_came(end: Evidence, item: Item) -> bool:
    """Whether the order may have ended before its buyer's chat was connected: then there was nothing to tell."""
    deal, chat_id = end.deals[item.order], end.chats[item.order]
    came = next((each.at for each in end.messages if each.is_greeting and each.chat_id == chat_id), float("inf"))
    return deal.last.ends and deal.last.id in end.told and end.told[deal.last.id].first < came


def nothing_waits(end: Evidence) -> Iterator[str]:
    """All work is done, or given up where a chat is closed."""
    for waiting in end.kept.waiting:
        yield f"{waiting}: still waits"
    for dead in end.kept.dead:
        if dead.line not in {f"chat:{chat_id}" for chat_id in end.kept.closed}:
            yield f"{dead.kind} in {dead.line}: was given up, {dead.reason}"


def chats_keep_their_order(end: Evidence) -> Iterator[str]:
    """No message tells an older version of an order than one before it, or that something is due after its end."""
    newest: dict[str, tuple[int, bool]] = {}
    for message in end.messages:
        for telling in message.tellings:
            version, is_over = newest.get(telling.order, (0, False))
            if telling.version < version:
                yield f"{telling.order}: version {telling.version} was told after version {version}"
            if is_over and telling.is_due:
                yield f"{telling.order}: was told to be due after its end"
            over = is_over or (telling.state is not None and not telling.is_due)
            newest[telling.order] = (max(version, telling.version), over)


def doubles_have_a_cause(end: Evidence) -> Iterator[str]:
    """What was sent twice was lost on the way, or its sender was."""
    for first, again in doubles(end.messages):
        if cause_of(end, first) is None:
            yield f"chat {again.chat_id}: {again.text[:60]!r} was sent {again.at - first.at:.1f} s after the same"


def twice_told(end: Evidence) -> list[str]:
    """Each message that was sent again, and why."""
    return [
        f"chat {again.chat_id}: sent again after {again.at - first.at:.1f} s, {cause_of(end, first) or 'for no reason'}"
        for first, again in doubles(end.messages)
    ]


def doubles(messages: Sequence[Message]) -> list[tuple[Message, Message]]:
    """Each new message that told something again, with the last one that had told some of it."""
    found: list[tuple[Message, Message]] = []
    told: dict[tuple[object, ...], Message] = {}
    for message in messages:
        if not message.is_new:
            continue
        said: Sequence[object] = message.tellings or (message.text,)
        news = [(message.chat_id, each) for each in said]
        before = [told[each] for each in news if each in told]
        if before:
            found.append((max(before, key=lambda each: each.at), message))
        told |= dict.fromkeys(news, message)
    return found


def cause_of(end: Evidence, first: Message) -> str | None:
    """What kept a message from being noted as sent, where anything did."""
    if first.is_lost:
        return "lost answer"
    began, ended = first.at - CAUSED_BEFORE, first.at + CAUSED_WITHIN
    return next((cause.what for cause in end.causes if cause.began <= ended and cause.ended >= began), None)


def pace_is_kept(end: Evidence) -> Iterator[str]:
    """Telegram never had to refuse a message as too much."""
    yield from end.too_fast


def money_moved_once(end: Evidence) -> Iterator[str]:
    """Each order that was bought is paid once at Alipay, in our books, and in the auction house's."""
    paid = Counter(charge.order for charge in end.charges if charge.paid)
    for order, deal in end.deals.items():
        if not deal.is_bought:
            continue
        if order not in end.walked:
            yield f"{order}: its buyer did not come to the end"
        net = sum(charge.net for charge in end.charges if charge.order == order)
        if (paid[order], net) != (1, total(deal.last.version)):
            yield f"{order}: was paid {paid[order]} times, {net} is held"
        if Counter(end.reported)[order] != 1:
            yield f"{order}: was reported {Counter(end.reported)[order]} times as paid"
    theirs = sum(charge.net for charge in end.charges)
    if (end.kept.held, end.kept.payments, end.kept.unsettled) != (theirs, len(paid), 0):
        yield f"the books hold {end.kept.held} of {end.kept.payments} payments and {end.kept.unsettled} unsettled ones"


def nothing_else_was_wrong(end: Evidence) -> Iterator[str]:
    """Processes ended only when they were asked to, and in time; no event was refused; no buyer waited in vain."""
    yield from end.other


Rule = Callable[[Evidence], Iterator[str]]

RULES: tuple[Rule, ...] = (
    facts_are_taken_once,
    orders_have_one_journey,
    buyers_see_what_is_so,
    nothing_waits,
    chats_keep_their_order,
    doubles_have_a_cause,
    pace_is_kept,
    money_moved_once,
    nothing_else_was_wrong,
)


def violations(end: Evidence) -> list[str]:
    """All violations of all rules."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(end)]
