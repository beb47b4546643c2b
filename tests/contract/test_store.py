"""What every store promises."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.journey import Journey, Kind
from flow.money import Money
from flow.order import Order
from flow.states import Payment, Verification
from flow.steps import Path
from service.errors import Malformed, OurFault, StaleJourney, UnknownRecord
from service.facts import Command, CommandGiven, Fact, Person, TimeUp
from service.ports import Letter, Letterbox, Lines, Store, Transaction
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
    MovedChat,
    Preference,
    Refund,
    RefundState,
    Reminded,
    Result,
)
from service.work import TellStatus
from tests.contract import examples

NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
FACT = TimeUp(charge_id="c1")
JPY_5 = Money("JPY", 5)
VERIFICATION = Journey(id="v1", kind=Kind.VERIFICATION, buyer_id="b1", path=Path.FIRST_TIME, state=Verification.OFFERED)
PAYMENT = Journey(id="p1", kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=Payment.WON)
CHARGE = Charge(id="c1", journey_id="p1", token="t1", amount=JPY_5, issued_at=NOW, expires_at=NOW + timedelta(hours=1))
PAID = replace(CHARGE, state=ChargeState.SETTLED, paid=JPY_5, paid_at=NOW)
LINE = DigestLine(journey_id="p1", announced=1, state="due", total=JPY_5, pay_by=NOW)
DIGEST = Digest(chat_id=1, message_id=2, lines=(LINE,))
ATTEMPT = Attempt(view="CardView", chat_id=1, result=Result.SENT, journey_id="p1", message_id=2)
REFUND = Refund(id="rf-c1", charge_id="c1", amount=JPY_5, intended_at=NOW)

many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def order(order_id: str) -> Order:
    return Order(order_id=order_id, buyer_id="b1", auction_id="a1", title="壺", total=Money("JPY", 12300), version=1)


class Undone(Exception):
    """Ends a transaction without a trace."""


@asynccontextmanager
async def undone(store: Store) -> AsyncIterator[Transaction]:
    """A transaction that is rolled back at its end."""
    with suppress(Undone):
        async with store.transaction() as tx:
            yield tx
            raise Undone


# Records come back as they were saved, and as they were saved over.


@many
@given(chat=examples.chats, name=examples.texts)
async def test_a_chat_comes_back(store: Store, chat: Chat, name: str) -> None:
    async with undone(store) as tx:
        await tx.save_chat(chat)
        assert await tx.chat(chat.chat_id) == chat
        renamed = replace(chat, name=name, chosen=not chat.chosen, buyer_id=None)
        await tx.save_chat(renamed)
        assert await tx.chat_of_user(chat.user_id) == renamed


async def test_a_buyers_chat_is_that_of_the_user_they_confirmed(store: Store) -> None:
    chat = Chat(chat_id=1, user_id=7, name="林", language="en")
    async with store.transaction() as tx:
        await tx.save_chat(chat)
        await tx.save_chat(Chat(chat_id=2, user_id=8, name="陳", language="en", buyer_id="b1"))
        await tx.save_buyer(Buyer(buyer_id="b1"))
        assert [await tx.chat_of_buyer("b1"), await tx.chat_of_buyer("b2")] == [None, None]
        await tx.save_buyer(Buyer(buyer_id="b1", telegram_user_id=9))
        assert await tx.chat_of_buyer("b1") is None
        await tx.save_buyer(Buyer(buyer_id="b1", telegram_user_id=7))
        assert await tx.chat_of_buyer("b1") == chat


@many
@given(buyer=examples.buyers, other=examples.buyers)
async def test_a_buyer_comes_back(store: Store, buyer: Buyer, other: Buyer) -> None:
    async with undone(store) as tx:
        await tx.save_buyer(buyer)
        assert await tx.buyer(buyer.buyer_id) == buyer
        changed = replace(other, buyer_id=buyer.buyer_id, telegram_user_id=7)
        await tx.save_buyer(changed)
        assert await tx.buyer_of_user(7) == changed


@many
@given(journey=examples.journeys(), item=examples.items, reason=examples.texts)
async def test_a_journey_comes_back(store: Store, journey: Journey, item: Any, reason: str) -> None:
    async with undone(store) as tx:
        saved = await tx.save_journey(journey)
        assert saved == replace(journey, version=1)
        assert await tx.journey(journey.id) == saved
        changed = await tx.save_journey(replace(saved, item=item, reason=reason))
        assert await tx.journeys(journey.buyer_id) == [changed]
        if journey.order:
            assert await tx.journey_of_order(journey.order.order_id) == changed


@many
@given(charge=examples.charges(), later=examples.charges())
async def test_a_charge_comes_back(store: Store, charge: Charge, later: Charge) -> None:
    async with undone(store) as tx:
        await tx.save_journey(PAYMENT)
        await tx.save_charge(charge)
        assert await tx.charge(charge.id) == charge
        grown = replace(
            later,
            id=charge.id,
            token=charge.token,
            amount=charge.amount,
            issued_at=charge.issued_at,
            expires_at=charge.expires_at,
        )
        await tx.save_charge(grown)
        kept = grown if later.state >= charge.state else charge
        assert await tx.charge_of_token(charge.token) == kept
        assert await tx.charges("p1") == [kept]


@many
@given(refund=examples.refunds, later=examples.refunds)
async def test_a_refund_comes_back(store: Store, refund: Refund, later: Refund) -> None:
    async with undone(store) as tx:
        await tx.save_journey(PAYMENT)
        await tx.save_charge(CHARGE)
        await tx.save_refund(refund)
        assert await tx.refund(refund.id) == refund
        amount = replace(refund.amount, value=later.amount.value)
        grown = replace(later, id=refund.id, amount=amount, intended_at=refund.intended_at, ours=refund.ours)
        await tx.save_refund(grown)
        assert await tx.refund(refund.id) == (grown if later.state >= refund.state else refund)


@many
@given(reminded=examples.remindeds, later=examples.remindeds)
async def test_how_far_reminders_have_come_comes_back(store: Store, reminded: Reminded, later: Reminded) -> None:
    async with undone(store) as tx:
        await tx.save_reminded(reminded)
        assert await tx.reminded(reminded.journey_id) == reminded
        later = replace(later, journey_id=reminded.journey_id)
        await tx.save_reminded(later)
        assert await tx.reminded(reminded.journey_id) == later


@many
@given(moved=examples.moved_chats, again=examples.moved_chats)
async def test_where_a_group_is_now_comes_back(store: Store, moved: MovedChat, again: MovedChat) -> None:
    async with undone(store) as tx:
        await tx.save_moved_chat(moved)
        assert await tx.moved_chat(moved.chat_id) == moved
        again = replace(again, chat_id=moved.chat_id)
        await tx.save_moved_chat(again)
        assert await tx.moved_chat(moved.chat_id) == again


@many
@given(preference=examples.preferences, changed=examples.preferences)
async def test_a_preference_comes_back(store: Store, preference: Preference, changed: Preference) -> None:
    async with undone(store) as tx:
        await tx.save_preference(preference)
        assert await tx.preference(preference.chat_id) == preference
        changed = replace(changed, chat_id=preference.chat_id)
        await tx.save_preference(changed)
        assert await tx.preference(preference.chat_id) == changed


@many
@given(button=examples.buttons, card=examples.cards, moved=examples.cards)
async def test_buttons_and_cards_come_back(store: Store, button: Button, card: Card, moved: Card) -> None:
    async with undone(store) as tx:
        await tx.save_button(button)
        assert await tx.button(button.id) == button
        await tx.save_card(card)
        assert await tx.card(card.journey_id) == card
        moved = replace(moved, journey_id=card.journey_id)
        await tx.save_card(moved)
        assert await tx.card(card.journey_id) == moved


@many
@given(letter=examples.letters)
async def test_a_letter_comes_back_byte_for_byte(store: Store, letterbox: Letterbox, letter: Letter) -> None:
    letter = replace(letter, source_id=uuid4().hex)
    async with store.transaction() as tx:
        number = await tx.keep(letter)
    assert number is not None
    assert await letterbox.letter(number) == letter


@many
@given(fact=examples.facts, fact_id=examples.names, at=examples.times)
async def test_every_fact_can_be_noted(store: Store, fact: Fact, fact_id: str, at: datetime) -> None:
    async with undone(store) as tx:
        assert await tx.note(fact_id, fact, at)


async def test_what_was_never_saved_is_absent(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.chat(1) is None
        assert await tx.chat_of_user(1) is None
        assert await tx.buyer("b1") is None
        assert await tx.buyer_of_user(1) is None
        assert await tx.journey("p1") is None
        assert await tx.journey_of_order("o1") is None
        assert await tx.journeys("b1") == []
        assert await tx.charge("c1") is None
        assert await tx.digest(1, 2) is None
        assert await tx.charge_of_token("t1") is None
        assert await tx.charges("p1") == []
        assert await tx.refund("rf-c1") is None
        assert await tx.refunds("c1") == []
        assert await tx.buyers_of_wallet("w1") == []
        assert await tx.button("x") is None
        assert await tx.card("p1") is None
        assert await tx.reminded("p1") is None
        assert await tx.preference(1) is None


async def test_a_letter_that_was_never_kept_is_unknown(letterbox: Letterbox) -> None:
    with pytest.raises(UnknownRecord):
        await letterbox.letter(1)


# Facts and letters are taken once.


async def test_a_fact_is_noted_once(store: Store) -> None:
    async with store.transaction() as tx:
        assert await tx.note("f1", FACT, NOW)
        assert not await tx.note("f1", FACT, NOW)
    async with store.transaction() as tx:
        assert not await tx.note("f1", FACT, NOW + timedelta(days=1))
        assert await tx.note("f2", FACT, NOW)


async def test_of_two_transactions_with_one_fact_only_one_takes_it(store: Store) -> None:
    async def take() -> bool:
        async with store.transaction() as tx:
            return await tx.note("f1", FACT, NOW)

    assert sorted(await asyncio.gather(*(take() for _ in range(4)))) == [False, False, False, True]


async def test_a_fact_whose_first_taker_failed_is_taken_by_the_second(store: Store) -> None:
    async def second() -> bool:
        async with store.transaction() as tx:
            return await tx.note("f1", FACT, NOW)

    async with undone(store) as tx:
        assert await tx.note("f1", FACT, NOW)
        waiting = asyncio.create_task(second())
        await asyncio.wait([waiting], timeout=0.1)
        assert not waiting.done()
    assert await waiting


async def test_a_letter_is_kept_once_for_each_source(store: Store, letterbox: Letterbox) -> None:
    letter = Letter(source="telegram", source_id="1", body=b"{}", headers={}, received_at=NOW)
    async with store.transaction() as tx:
        first = await tx.keep(letter)
        assert first is not None
        assert await tx.keep(replace(letter, body=b"[]")) is None
    async with store.transaction() as tx:
        assert await tx.keep(letter) is None
        assert await tx.keep(replace(letter, source="antom")) not in (None, first)
    assert await letterbox.letter(first) == letter


# Journeys, orders, money: nothing moves backwards.


async def test_saving_over_a_newer_version_is_refused(store: Store) -> None:
    async with store.transaction() as tx:
        first = await tx.save_journey(PAYMENT)
        second = await tx.save_journey(replace(first, state=Payment.SELECTING))
    assert (first.version, second.version) == (1, 2)
    for stale in (PAYMENT, first, replace(second, version=3), replace(first, id="p2")):
        async with undone(store) as tx:
            with pytest.raises(StaleJourney):
                await tx.save_journey(stale)
    async with store.transaction() as tx:
        assert await tx.journey("p1") == second


async def test_a_journey_takes_the_other_path(store: Store) -> None:
    async with store.transaction() as tx:
        first = await tx.save_journey(PAYMENT)
        other = await tx.save_journey(replace(first, path=Path.FIRST_TIME))
    async with store.transaction() as tx:
        assert await tx.journey("p1") == other


async def test_two_journeys_cannot_have_one_order(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.save_journey(replace(PAYMENT, order=order("o1")))
        other = await tx.save_journey(replace(PAYMENT, id="p2"))
    with pytest.raises(OurFault):
        async with store.transaction() as tx:
            await tx.save_journey(replace(other, order=order("o1")))


async def test_journeys_come_oldest_first_and_by_kind(store: Store) -> None:
    async with store.transaction() as tx:
        later = await tx.save_journey(replace(PAYMENT, id="p9"))
        verification = await tx.save_journey(VERIFICATION)
        payment = await tx.save_journey(replace(PAYMENT, id="p1"))
        await tx.save_journey(replace(PAYMENT, id="p5", buyer_id="b2"))
        assert await tx.journeys("b1") == [later, verification, payment]
        assert await tx.journeys("b1", Kind.PAYMENT) == [later, payment]
        assert await tx.journeys("b1", Kind.VERIFICATION) == [verification]


async def test_charges_come_oldest_first(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.save_journey(PAYMENT)
        for name in ("p1-2", "p1-1", "p1-10"):
            await tx.save_charge(replace(CHARGE, id=name, token=name))
        assert [charge.id for charge in await tx.charges("p1")] == ["p1-2", "p1-1", "p1-10"]


async def test_an_order_takes_only_newer_versions(store: Store) -> None:
    async with store.transaction() as tx:
        assert [await tx.newer("o1", version) for version in (2, 2, 1, 3)] == [True, False, False, True]
        assert await tx.newer("o2", 1)
    async with store.transaction() as tx:
        assert not await tx.newer("o1", 3)


async def test_news_that_is_late_takes_no_money_back(store: Store) -> None:
    settled = replace(PAID, gateway_id="g1")
    refunded = replace(REFUND, state=RefundState.SETTLED, gateway_id="g2")
    async with store.transaction() as tx:
        await tx.save_journey(PAYMENT)
        await tx.save_charge(settled)
        await tx.post(examples.charge_entry(settled))
        await tx.save_charge(replace(CHARGE, state=ChargeState.REFUSED, reason="USER_CANCELED"))
        await tx.save_refund(refunded)
        await tx.post(examples.refund_entry(refunded))
        await tx.save_refund(replace(REFUND, state=RefundState.SENT))
        assert await tx.charge("c1") == settled
        assert await tx.refund("rf-c1") == refunded


# A transaction happens whole, or not at all.


async def test_a_transaction_that_fails_leaves_nothing(store: Store, lines: Lines) -> None:
    async with undone(store) as tx:
        await tx.note("f1", FACT, NOW)
        journey = await tx.save_journey(PAYMENT)
        await tx.note_move("f1", journey, journey, "PayPressed")
        await tx.note_attempt(ATTEMPT)
        await tx.save_digest(DIGEST)
        await tx.save_charge(CHARGE)
        await tx.newer("o1", 5)
        await tx.queue("chat:1", TellStatus(chat_id=1))
    async with store.transaction() as tx:
        assert await tx.note("f1", FACT, NOW)
        assert await tx.journey("p1") is None
        assert await tx.charge("c1") is None
        assert await tx.newer("o1", 1)
    assert await lines.claim(5, timedelta(minutes=1)) == []


async def test_what_is_not_committed_is_not_seen(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.save_journey(PAYMENT)
        async with store.transaction() as other:
            assert await other.journey("p1") is None


async def test_a_lock_shuts_others_out_until_the_end(store: Store) -> None:
    told: list[str] = []

    async def second() -> None:
        async with store.transaction() as tx:
            await tx.lock("buyer:b1")
            told.append("second")

    async with store.transaction() as tx:
        await tx.lock("buyer:b1")
        await tx.lock("buyer:b1")
        waiting = asyncio.create_task(second())
        await asyncio.wait([waiting], timeout=0.1)
        async with store.transaction() as other:
            await other.lock("buyer:b2")
        told.append("first")
    await waiting
    assert told == ["first", "second"]


async def test_moves_and_deliveries_are_noted(store: Store) -> None:
    async with store.transaction() as tx:
        journey = await tx.save_journey(PAYMENT)
        await tx.note_move("f1", journey, replace(journey, state=Payment.SELECTING), "PayPressed")
        await tx.note_attempt(ATTEMPT)
        await tx.note_attempt(replace(ATTEMPT, journey_id=None, message_id=None, result=Result.WAITING, until=NOW))


@many
@given(attempt=examples.attempts)
async def test_every_attempt_can_be_noted(store: Store, attempt: Attempt) -> None:
    async with store.transaction() as tx:
        await tx.note_attempt(attempt)


@many
@given(digest=examples.digests, other=examples.digests)
async def test_a_digest_comes_back(store: Store, digest: Digest, other: Digest) -> None:
    async with undone(store) as tx:
        await tx.save_digest(digest)
        assert await tx.digest(digest.chat_id, digest.message_id) == digest
        changed = replace(digest, lines=other.lines)
        await tx.save_digest(changed)
        assert await tx.digest(digest.chat_id, digest.message_id) == changed
        for line in changed.lines:
            assert await tx.digests(line.journey_id) == [changed]


async def test_digests_are_found_by_the_journeys_that_they_show(store: Store) -> None:
    first, second = replace(DIGEST, message_id=9), replace(DIGEST, lines=(LINE, replace(LINE, journey_id="p2")))
    elsewhere = replace(DIGEST, chat_id=0)
    async with store.transaction() as tx:
        for digest in (first, second, elsewhere):
            await tx.save_digest(digest)
    async with store.transaction() as tx:
        assert await tx.digests("p1") == [elsewhere, second, first]
        assert await tx.digests("p2") == [second]
        assert await tx.digests("p") == []
        assert await tx.digest(1, 3) is None


@pytest.mark.parametrize("name", ["Secret\0", "Secret\ud800"])
async def test_a_text_that_cannot_be_kept_is_refused_without_being_quoted(store: Store, name: str) -> None:
    person = Person(chat_id=1, user_id=1, name=name)
    with pytest.raises(Malformed) as refused:
        async with store.transaction() as tx:
            await tx.note("f1", CommandGiven(person=person, command=Command.START), NOW)
    assert "Secret" not in str(refused.value)
    with pytest.raises(Malformed):
        async with store.transaction() as tx:
            await tx.save_chat(Chat(chat_id=1, user_id=1, name=name, language="en"))


@many
@given(number=st.integers(2**63, 2**70))
async def test_a_number_that_cannot_be_kept_is_refused_without_being_quoted(store: Store, number: int) -> None:
    with pytest.raises(Malformed) as refused:
        async with store.transaction() as tx:
            await tx.chat(number)
    assert str(number) not in str(refused.value)
