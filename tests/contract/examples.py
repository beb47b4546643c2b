"""Records as rich as the types allow, absent values, long texts, large amounts; and entries for the books."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from flow.journey import STATES, Journey, Kind
from flow.ledger import Account, EntryKind, Posting, Postings, bounced
from flow.linked import Alipay, LinkState
from flow.money import DECIMALS, Money
from flow.order import Fee, Item, Order
from flow.steps import Path
from service.facts import Fact
from service.ports import Letter
from service.records import (
    Attempt,
    Button,
    Buyer,
    Card,
    Charge,
    ChargeState,
    Chat,
    Digest,
    DigestLine,
    Entry,
    MovedChat,
    Preference,
    Refund,
    RefundState,
    Reminded,
    Result,
    Topic,
)
from service.work import Say, Work

NASTY = '\'; drop table charge; -- "𝔘𝔫𝔦" 🧧👨‍👩‍👧 支付宝 \\ %s :name $1 {x} \r\n\t\x7f\u200f' * 20

texts = st.one_of(st.just(NASTY), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
times = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware here
bigints = st.integers(-(2**63), 2**63 - 1)
ids = st.integers(1, 2**52)
moneys = st.builds(Money, st.sampled_from(sorted(DECIMALS)), st.integers(1, 10**16 - 1))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The value, or its absence."""
    return st.none() | strategy


chats = st.builds(
    Chat,
    chat_id=bigints,
    user_id=bigints,
    name=texts,
    language=texts,
    chosen=st.booleans(),
    buyer_id=maybe(texts),
    unreachable_at=maybe(times),
    heard_at=maybe(times),
)
buyers = st.builds(
    Buyer,
    buyer_id=names,
    display_name=maybe(texts),
    telegram_user_id=maybe(ids),
    connection_at=maybe(times),
    link=st.builds(LinkState, alipay=st.sampled_from(Alipay), at=maybe(times), limit=maybe(moneys)),
    wallet_id=maybe(texts),
)
orders = st.builds(
    Order,
    order_id=names,
    buyer_id=names,
    auction_id=texts,
    title=texts,
    total=moneys,
    version=st.integers(1, 2**31 - 1),
    payment_method=st.sampled_from(["alipay", "other", None]),
    image_url=maybe(texts),
    price=maybe(moneys),
    fees=st.lists(st.builds(Fee, label=texts, amount=moneys), max_size=3).map(tuple),
    pay_by=maybe(times),
)
items = st.builds(Item, auction_id=texts, title=texts, url=texts, price=moneys, ends_at=times, image_url=maybe(texts))


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """A journey that was not saved yet."""
    kind = draw(st.sampled_from(Kind))
    return Journey(
        id=draw(names),
        kind=kind,
        buyer_id=draw(names),
        path=draw(st.sampled_from(Path)),
        state=draw(st.sampled_from([*STATES[kind]])),
        item=draw(maybe(items)),
        order=draw(maybe(orders)) if kind is Kind.PAYMENT else None,
        charge_id=draw(maybe(texts)),
        settled_by=draw(maybe(texts)),
        reason=draw(maybe(texts)),
        news=draw(versions),
    )


@st.composite
def charges(draw: st.DrawFn, journey_id: str = "p1") -> Charge:
    """A charge in any state; what was paid is known of a settled one."""
    state = draw(st.sampled_from(ChargeState))
    return Charge(
        id=draw(names),
        journey_id=journey_id,
        token=draw(names),
        amount=draw(moneys),
        issued_at=draw(times),
        expires_at=draw(times),
        state=state,
        void=draw(st.booleans()),
        closing=draw(st.booleans()),
        device=draw(st.sampled_from(["ios", "android", "desktop", None])),
        client_ip=draw(maybe(texts)),
        gateway_id=draw(maybe(names)),
        url=draw(maybe(texts)),
        paid=draw(moneys) if state is ChargeState.SETTLED else None,
        paid_at=draw(maybe(times)),
        reason=draw(maybe(texts)),
        estimate=draw(maybe(moneys)),
        estimated_at=draw(maybe(times)),
    )


refunds = st.builds(
    Refund,
    id=names,
    charge_id=st.just("c1"),
    amount=moneys,
    intended_at=times,
    ours=st.booleans(),
    state=st.sampled_from(RefundState),
    gateway_id=maybe(texts),
    reason=maybe(texts),
)
sides = st.builds(Posting, account=st.sampled_from(Account), amount=moneys | moneys.map(lambda money: -money))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry that need not be balanced."""
    kind = draw(st.sampled_from(EntryKind))
    return Entry(
        kind=kind,
        charge_id=draw(names),
        gateway_id=draw(texts),
        fact_id=draw(texts),
        at=draw(times),
        postings=tuple(draw(st.lists(sides, min_size=1, max_size=5))),
        refund_id=None if kind is EntryKind.CHARGE else draw(names),
        is_ours=draw(st.booleans()),
    )


buttons = st.builds(Button, id=names, chat_id=bigints, act=texts, subject=texts, expires_at=times)
versions = st.integers(1, 2**31 - 1)
cards = st.builds(
    Card,
    journey_id=names,
    chat_id=bigints,
    message_id=bigints,
    version=versions,
    announced=versions,
    older=st.lists(bigints, max_size=3).map(tuple),
)
lines = st.builds(
    DigestLine, journey_id=names, announced=versions, state=texts, total=maybe(moneys), pay_by=maybe(times)
)
digests = st.builds(
    Digest, chat_id=bigints, message_id=bigints, lines=st.lists(lines, min_size=1, max_size=3).map(tuple)
)
attempts = st.builds(
    Attempt,
    view=texts,
    chat_id=bigints,
    result=st.sampled_from(Result),
    says=maybe(texts),
    buyer_id=maybe(names),
    journey_id=maybe(names),
    step=maybe(texts),
    message_id=maybe(bigints),
    reason=maybe(texts),
    until=maybe(times),
)
letters = st.builds(
    Letter,
    source=names,
    source_id=names,
    body=st.binary(),
    headers=st.dictionaries(texts, texts, max_size=3),
    received_at=times,
)

durations = st.timedeltas(timedelta(0), timedelta(days=366))
remindeds = st.builds(
    Reminded,
    journey_id=names,
    pay_by=times,
    known_at=times,
    sent=maybe(durations),
    snoozed_until=maybe(times),
    acknowledged=st.booleans(),
)
moved_chats = st.builds(MovedChat, chat_id=bigints, moved_to=bigints)
preferences = st.builds(
    Preference,
    chat_id=bigints,
    zone=texts,
    is_guessed=st.booleans(),
    muted=st.frozensets(st.sampled_from(Topic)),
    quiet_from=maybe(st.times()),
    quiet_until=maybe(st.times()),
    zone_asked_at=maybe(times),
)

st.register_type_strategy(Money, moneys)
st.register_type_strategy(timedelta, durations)
st.register_type_strategy(str, texts)
st.register_type_strategy(datetime, times)
st.register_type_strategy(
    Say,
    st.builds(
        Say,
        chat_id=bigints,
        text=texts,
        values=st.dictionaries(texts, texts, max_size=3),
        amounts=st.dictionaries(texts, moneys, max_size=3),
        texts=st.dictionaries(texts, texts, max_size=3),
    ),
)
facts = st.one_of([st.from_type(kind) for kind in get_args(Fact)])
works = st.tuples(*(st.from_type(kind) for kind in get_args(Work)))
"""One work of each kind."""


def postings(*sides: tuple[Account, Money]) -> Postings:
    """The sides of an entry."""
    return tuple(Posting(account=account, amount=amount) for account, amount in sides)


def charge_entry(charge: Charge, account: Account = Account.SALES) -> Entry:
    """A settled charge, booked to an account."""
    paid = charge.paid or charge.amount
    return Entry(
        kind=EntryKind.CHARGE,
        charge_id=charge.id,
        gateway_id=charge.gateway_id or charge.id,
        fact_id=f"charge:{charge.id}:settled",
        at=charge.paid_at or charge.issued_at,
        postings=postings((Account.GATEWAY, paid), (account, -paid)),
    )


def refund_entry(refund: Refund, account: Account = Account.RETURNS) -> Entry:
    """A settled refund, booked from an account."""
    return Entry(
        kind=EntryKind.REFUND,
        charge_id=refund.charge_id,
        refund_id=refund.id,
        gateway_id=refund.gateway_id or refund.id,
        fact_id=f"refund:{refund.id}:settled",
        at=refund.intended_at,
        postings=postings((Account.GATEWAY, -refund.amount), (account, refund.amount)),
    )


def bounce_entry(refund: Refund, account: Account = Account.RETURNS) -> Entry:
    """A refund that came back, booked the other way round."""
    booked = refund_entry(refund, account)
    return replace(
        booked, kind=EntryKind.BOUNCE, fact_id=f"refund:{refund.id}:bounced", postings=bounced(booked.postings)
    )
