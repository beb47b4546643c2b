"""The landing page's use case over the real store."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flow.journey import Journey
from flow.states import Payment
from service.landing import Landing, Landings, Standing
from service.ports import Store
from service.records import Buyer, Charge, ChargeState, Chat, Refund, RefundState
from service.work import AskCharge, OpenCharge, Work
from store import codec
from store.postgres import Pool
from tests.contract.examples import bounce_entry, charge_entry, refund_entry
from tests.service.examples import JPY_5, NOW, ORDER, PAYMENT, TOKEN, TOTAL, VERIFICATION, Clock, charge_of, landings

URL = "https://open-sea-global.alipay.com/pay?a=1"
AT_ONCE = timedelta()
END = NOW + timedelta(minutes=14)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pages(store: Store, clock: Clock) -> Landings:
    return landings(store, clock)


async def given(store: Store, charge: Charge, journey: Journey = PAYMENT) -> None:
    async with store.transaction() as tx:
        if await tx.journey(journey.id) is None:
            await tx.save_journey(journey)
        await tx.save_charge(charge)
        if charge.state is ChargeState.SETTLED and not await tx.entries(charge_id=charge.id):
            await tx.post(charge_entry(charge))


async def kept(store: Store) -> Charge:
    async with store.transaction() as tx:
        charge = await tx.charge_of_token(TOKEN)
    assert charge is not None
    return charge


async def found(pages: Landings) -> Landing:
    landing = await pages.find(TOKEN)
    assert landing is not None
    return landing


STANDINGS: Sequence[tuple[ChargeState, bool, str | None, datetime, Standing]] = [
    (ChargeState.ISSUED, False, None, NOW, "waiting"),
    (ChargeState.ISSUED, False, None, END - timedelta(seconds=1), "waiting"),
    (ChargeState.ISSUED, False, None, END, "ended"),
    (ChargeState.ISSUED, True, None, NOW, "ended"),
    (ChargeState.OPENING, False, None, NOW, "waiting"),
    (ChargeState.OPENING, True, None, NOW, "ended"),
    (ChargeState.OPENING, False, None, END, "ended"),
    (ChargeState.OPEN, False, URL, NOW, "ready"),
    (ChargeState.OPEN, True, URL, NOW, "ended"),
    (ChargeState.OPEN, False, URL, END, "ended"),
    (ChargeState.REFUSED, False, URL, NOW, "ended"),
    (ChargeState.SETTLED, False, URL, NOW, "settled"),
    (ChargeState.SETTLED, True, URL, NOW, "settled"),
    (ChargeState.SETTLED, False, None, END + timedelta(days=9), "settled"),
]


async def test_how_a_page_stands(store: Store, pages: Landings, clock: Clock) -> None:
    for number, (state, void, url, now, standing) in enumerate(STANDINGS):
        paid, token = TOTAL if state is ChargeState.SETTLED else None, f"token-{number}"
        charge = replace(charge_of(PAYMENT, state, token), id=f"p1-{number}", void=void, url=url, paid=paid)
        await given(store, charge)
        clock.time = now
        page = await pages.find(token)
        assert page is not None
        assert page.standing == standing, STANDINGS[number]


async def test_a_page_says_who_is_paid_for_what_how_much_and_until_when(store: Store, pages: Landings) -> None:
    await given(store, replace(charge_of(PAYMENT, ChargeState.OPEN), url=URL))
    assert await found(pages) == Landing(
        token=TOKEN,
        standing="ready",
        language="en",
        shop="Buyee",
        amount=TOTAL,
        title=ORDER.title,
        expires_at=END,
        pay_by=ORDER.pay_by,
        url=URL,
        zone="Asia/Tokyo",
    )


async def test_a_verification_has_no_title_and_no_deadline(store: Store, pages: Landings) -> None:
    await given(store, charge_of(VERIFICATION), VERIFICATION)
    page = await found(pages)
    assert page.is_verification
    assert (page.amount, page.title, page.pay_by) == (JPY_5, None, None)


async def test_a_page_speaks_the_buyers_language(store: Store, pages: Landings) -> None:
    await given(store, charge_of(PAYMENT))
    async with store.transaction() as tx:
        await tx.save_buyer(Buyer(buyer_id="b1", telegram_user_id=7))
        await tx.save_chat(Chat(chat_id=7, user_id=7, name="林", language="zh_Hans", buyer_id="b1"))
    assert (await found(pages)).language == "zh_Hans"


async def test_money_is_back_once_the_gateway_says_so(store: Store, pages: Landings) -> None:
    await given(store, replace(charge_of(PAYMENT, ChargeState.SETTLED), paid=TOTAL))
    for state in RefundState:
        refund = Refund(id="rf-p1-1", charge_id="p1-1", amount=TOTAL, intended_at=NOW, state=state)
        async with store.transaction() as tx:
            await tx.save_refund(refund)
            if state is RefundState.SETTLED:
                await tx.post(refund_entry(refund))
            if state is RefundState.BOUNCED:
                await tx.post(bounce_entry(refund))
        assert (await found(pages)).refunded is (state is RefundState.SETTLED)


async def test_a_token_that_was_never_issued_has_no_page(pages: Landings) -> None:
    assert await pages.find(TOKEN) is None
    assert await pages.open(TOKEN, "ios", None) is None


# A phone comes.


async def works(pool: Pool) -> list[Work]:
    rows = await pool.fetch("select kind, body from work order by id")
    return [codec.unpack_work(row["kind"], row["body"]) for row in rows]


async def test_a_phone_commits_one_attempt(store: Store, pages: Landings, pool: Pool) -> None:
    await given(store, charge_of(PAYMENT))
    for _ in range(3):
        page = await pages.open(TOKEN, "ios", "203.0.113.9", patience=AT_ONCE)
        assert page is not None
        assert page.standing == "waiting"
    charge = await kept(store)
    assert (charge.state, charge.device, charge.client_ip) == (ChargeState.OPENING, "ios", "203.0.113.9")
    assert await works(pool) == [OpenCharge(charge_id="p1-1"), AskCharge(charge_id="p1-1", watch=True)]
    async with store.transaction() as tx:
        journey = await tx.journey("p1")
    assert journey is not None
    assert journey.state is Payment.OPENED


async def test_two_phones_at_once_commit_one_attempt(store: Store, pages: Landings, pool: Pool) -> None:
    await given(store, charge_of(PAYMENT))
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(pages.open(TOKEN, "ios", None, patience=AT_ONCE))
    assert [work for work in await works(pool) if isinstance(work, OpenCharge)] == [OpenCharge(charge_id="p1-1")]


ENDED = [
    replace(charge_of(PAYMENT), void=True),
    replace(charge_of(PAYMENT), expires_at=NOW),
    charge_of(PAYMENT, ChargeState.REFUSED),
    replace(charge_of(PAYMENT, ChargeState.SETTLED), paid=TOTAL),
]


async def test_what_has_ended_opens_nothing(store: Store, pages: Landings, pool: Pool) -> None:
    for number, charge in enumerate(ENDED):
        await given(store, replace(charge, id=f"p1-{number}", token=f"token-{number}"))
        page = await pages.open(f"token-{number}", "ios", None)
        assert page is not None
        assert page.standing in ("ended", "settled")
    assert await works(pool) == []


async def test_looking_at_a_page_opens_nothing(store: Store, pages: Landings, pool: Pool) -> None:
    await given(store, charge_of(PAYMENT))
    await found(pages)
    assert (await kept(store)).state is ChargeState.ISSUED
    assert await works(pool) == []


async def test_the_page_waits_for_the_gateways_link(store: Store, pages: Landings) -> None:
    await given(store, charge_of(PAYMENT))
    waiting = asyncio.create_task(pages.open(TOKEN, "android", None))
    while (await kept(store)).state is ChargeState.ISSUED:
        await asyncio.sleep(0.01)
    await given(store, replace(await kept(store), state=ChargeState.OPEN, url=URL))
    page = await waiting
    assert page is not None
    assert (page.standing, page.url) == ("ready", URL)


async def test_the_page_waits_no_longer_than_its_patience(store: Store, pages: Landings, clock: Clock) -> None:
    await given(store, charge_of(PAYMENT))
    waiting = asyncio.create_task(pages.open(TOKEN, "android", None, patience=timedelta(seconds=3)))
    while not waiting.done():
        clock.time += timedelta(seconds=1)
        await asyncio.sleep(0.01)
    page = await waiting
    assert page is not None
    assert page.standing == "waiting"
    assert clock.time > NOW + timedelta(seconds=3)
