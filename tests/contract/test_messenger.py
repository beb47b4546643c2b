"""What every messenger promises."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.journey import Journey, Kind
from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Order
from flow.states import Payment
from flow.steps import Path
from service.ports import Messenger
from service.views import (
    CardView,
    DigestView,
    LinkButton,
    Moved,
    NoteView,
    PaymentsView,
    PressButton,
    Sent,
    StatusView,
    Undeliverable,
    View,
    Wait,
)
from tests.contract.messengers import MESSENGERS, SHOP, Fault, MakePhones, Phones, Way
from tests.contract.wire import BROKEN, answering

NOW = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)
TOTAL = Money("JPY", 12300)
LINK = "https://pay.example.com/go/AbCdEfGhIjKlMnOpQrSt_-"
OPEN = LinkButton(url=LINK, act=Act.OPEN_LINK)
CANCEL = PressButton(id="AbCdEfGhIjKlMnOpQrSt_1", act=Act.CANCEL, subject="p1")
PAY = PressButton(id="AbCdEfGhIjKlMnOpQrSt_2", act=Act.PAY, subject="p1")


@pytest.fixture(params=MESSENGERS)
async def phones(request: pytest.FixtureRequest) -> AsyncIterator[Phones]:
    """One of the implementations, with nobody there yet."""
    make: MakePhones = request.param
    async with make() as phones:
        yield phones


@pytest.fixture
def messenger(phones: Phones) -> Messenger:
    return phones.messenger


@pytest.fixture
async def chat(phones: Phones) -> int:
    """A private chat."""
    return await phones.person()


def journey(title: str = "南部鉄器の急須", state: Payment = Payment.WON) -> Journey:
    order = Order(order_id="o1", buyer_id="b1", auction_id="a1", title=title, total=TOTAL, version=1, pay_by=NOW)
    return Journey(id="p1", kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=state, order=order)


def won(chat: int, title: str = "南部鉄器の急須", language: str = "en") -> CardView:
    return CardView(
        chat_id=chat,
        language=language,
        journey=journey(title),
        shop=SHOP,
        amount=TOTAL,
        expires_at=None,
        buttons=(PAY, CANCEL),
        zone="UTC",
    )


def link_sent(chat: int) -> CardView:
    shown, until = journey(state=Payment.LINK_SENT), NOW + timedelta(minutes=14)
    return replace(won(chat), journey=shown, expires_at=until, buttons=(OPEN, CANCEL))


def digest(chat: int, title: str = "南部鉄器の急須", language: str = "en") -> DigestView:
    item = replace(PAY, act="item")
    return DigestView(chat_id=chat, language=language, journeys=(journey(title),), buttons=(item,), zone="UTC")


def note(chat: int, name: str = "小林", language: str = "en") -> NoteView:
    return NoteView(chat_id=chat, language=language, text="connected", values={"name": name})


def edited(message_id: int) -> Sent:
    return Sent(message_id=message_id, how="edited")


def unchanged(message_id: int) -> Sent:
    return Sent(message_id=message_id, how="unchanged")


async def sent(messenger: Messenger, view: View) -> int:
    delivery = await messenger.deliver(view)
    assert isinstance(delivery, Sent)
    return delivery.message_id


# A view hangs in the chat, once.


async def test_a_view_is_sent_with_its_buttons(phones: Phones, messenger: Messenger, chat: int) -> None:
    message_id = await sent(messenger, link_sent(chat))
    [seen] = await phones.seen(chat)
    assert (seen.id, seen.targets) == (message_id, (LINK, CANCEL.id))
    assert "南部鉄器の急須" in seen.text


async def test_every_kind_of_view_can_be_sent_and_edited_into_another(
    phones: Phones, messenger: Messenger, chat: int
) -> None:
    listed = PaymentsView(
        chat_id=chat, language="en", journeys=(journey(),), buttons=(replace(PAY, act="item"),), zone="UTC"
    )
    status = StatusView(chat_id=chat, language="en", name="小林", alipay=Alipay.LINKED, journeys=(journey(),))
    views: list[View] = [note(chat), won(chat), listed, digest(chat), status, link_sent(chat)]
    ids = [await sent(messenger, view) for view in views]
    for view in views:
        delivery = await messenger.deliver(view, replacing=ids[0])
        assert isinstance(delivery, Sent)
        assert delivery.message_id == ids[0]
    texts = {seen.id: seen.text for seen in await phones.seen(chat)}
    assert sorted(texts) == ids
    assert texts[ids[0]] == texts[ids[-1]]


async def test_a_message_is_edited_in_its_place(phones: Phones, messenger: Messenger, chat: int) -> None:
    message_id = await sent(messenger, won(chat))
    assert await messenger.deliver(link_sent(chat), replacing=message_id) == edited(message_id)
    [seen] = await phones.seen(chat)
    assert seen.targets == (LINK, CANCEL.id)


async def test_a_message_that_looks_so_already_hangs_where_it_was(
    phones: Phones, messenger: Messenger, chat: int
) -> None:
    message_id = await sent(messenger, won(chat))
    assert await messenger.deliver(won(chat), replacing=message_id) == unchanged(message_id)
    assert len(await phones.seen(chat)) == 1


async def test_where_the_message_is_gone_a_new_one_is_sent(phones: Phones, messenger: Messenger, chat: int) -> None:
    gone = await sent(messenger, won(chat))
    await phones.delete(chat, gone)
    delivery = await messenger.deliver(link_sent(chat), replacing=gone)
    [seen] = await phones.seen(chat)
    assert delivery == Sent(message_id=seen.id)
    assert seen.id != gone


# What cannot be sent now, and what cannot be sent at all.


@pytest.mark.parametrize("how", ["block", "deactivate"])
async def test_who_is_gone_is_unreachable(
    phones: Phones, messenger: Messenger, chat: int, how: Literal["block", "deactivate"]
) -> None:
    message_id = await sent(messenger, won(chat))
    await phones.leave(chat, how)
    for replacing in (None, message_id):
        delivery = await messenger.deliver(link_sent(chat), replacing=replacing)
        assert isinstance(delivery, Undeliverable)
        assert delivery.unreachable


async def test_who_never_started_the_bot_is_unreachable(phones: Phones, messenger: Messenger) -> None:
    delivery = await messenger.deliver(won(await phones.person(started=False)))
    assert isinstance(delivery, Undeliverable)
    assert delivery.unreachable


WAYS: list[Way] = ["send", "edit"]


async def deliver(messenger: Messenger, way: Way, view: View, message_id: int) -> object:
    return await messenger.deliver(view, replacing=message_id if way == "edit" else None)


@pytest.mark.parametrize("way", WAYS)
async def test_too_many_calls_wait_as_long_as_is_asked(
    phones: Phones, messenger: Messenger, chat: int, way: Way
) -> None:
    message_id = await sent(messenger, won(chat))
    await phones.fail(way, "too_many_requests", seconds=7)
    delivery = await deliver(messenger, way, link_sent(chat), message_id)
    assert isinstance(delivery, Wait)
    assert delivery.seconds == 7
    assert [seen.targets for seen in await phones.seen(chat)] == [(PAY.id, CANCEL.id)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "timeout"])
async def test_a_call_that_goes_wrong_waits_and_is_repeated(
    phones: Phones, messenger: Messenger, chat: int, way: Way, fault: Fault
) -> None:
    message_id = await sent(messenger, won(chat))
    await phones.fail(way, fault)
    delivery = await deliver(messenger, way, link_sent(chat), message_id)
    assert isinstance(delivery, Wait)
    assert 0 < delivery.seconds <= 60
    assert isinstance(await deliver(messenger, way, link_sent(chat), message_id), Sent)
    assert (await phones.seen(chat))[-1].targets == (LINK, CANCEL.id)


async def test_a_send_whose_answer_was_lost_may_be_repeated(phones: Phones, messenger: Messenger, chat: int) -> None:
    await phones.fail("send", "lost_answer")
    assert isinstance(await messenger.deliver(link_sent(chat)), Wait)
    message_id = await sent(messenger, link_sent(chat))
    first, second = await phones.seen(chat)
    assert (first.text, first.targets) == (second.text, second.targets)
    assert second.id == message_id


async def test_an_edit_whose_answer_was_lost_may_be_repeated(phones: Phones, messenger: Messenger, chat: int) -> None:
    message_id = await sent(messenger, won(chat))
    await phones.fail("edit", "lost_answer")
    assert isinstance(await messenger.deliver(link_sent(chat), replacing=message_id), Wait)
    assert await messenger.deliver(link_sent(chat), replacing=message_id) == unchanged(message_id)
    [seen] = await phones.seen(chat)
    assert seen.targets == (LINK, CANCEL.id)


@pytest.mark.parametrize("server", BROKEN)
async def test_a_server_that_breaks_off_waits(phones: Phones, server: str) -> None:
    async with answering(BROKEN[server]) as url, phones.at(url) as messenger:
        for replacing in (None, 7):
            delivery = await messenger.deliver(link_sent(42), replacing=replacing)
            assert isinstance(delivery, Wait)
            assert "contract" not in delivery.reason
            assert LINK not in delivery.reason
        assert isinstance(await messenger.retire(won(42), 7), Wait)
        assert isinstance(await messenger.amend(link_sent(42), 7), Wait)


async def test_nobody_there_waits(phones: Phones, unused_tcp_port: int) -> None:
    async with phones.at(f"http://127.0.0.1:{unused_tcp_port}") as messenger:
        assert isinstance(await messenger.deliver(link_sent(42)), Wait)
        assert isinstance(await messenger.retire(won(42), 7), Wait)
        assert isinstance(await messenger.amend(link_sent(42), 7), Wait)


# Links are for private chats.


@pytest.mark.parametrize("replacing", [None, 2])
async def test_a_link_never_goes_to_a_group(phones: Phones, messenger: Messenger, replacing: int | None) -> None:
    group = await phones.group()
    delivery = await messenger.deliver(link_sent(group), replacing=replacing)
    assert isinstance(delivery, Undeliverable)
    assert not delivery.unreachable
    assert LINK not in delivery.reason
    assert await phones.seen(group) == []


async def test_a_group_that_became_another_is_named(phones: Phones, messenger: Messenger) -> None:
    group = await phones.group()
    message_id = await sent(messenger, note(group))
    new = await phones.upgrade(group)
    assert await messenger.deliver(note(group)) == Moved(chat_id=new)
    assert await messenger.deliver(note(group), replacing=message_id) == Moved(chat_id=new)
    assert [seen.id for seen in await phones.seen(group)] == [message_id]
    assert isinstance(await messenger.deliver(note(new)), Sent)


async def test_words_go_to_a_group(phones: Phones, messenger: Messenger) -> None:
    group = await phones.group()
    message_id = await sent(messenger, note(group))
    assert [seen.id for seen in await phones.seen(group)] == [message_id]


# An old message loses its buttons.


async def test_a_retired_card_keeps_its_title_and_loses_its_buttons(
    phones: Phones, messenger: Messenger, chat: int
) -> None:
    message_id = await sent(messenger, link_sent(chat))
    [before] = await phones.seen(chat)
    assert await messenger.retire(won(chat), message_id) == edited(message_id)
    assert await messenger.retire(won(chat), message_id) == unchanged(message_id)
    [after] = await phones.seen(chat)
    assert (after.id, after.targets) == (before.id, ())
    assert after.text.splitlines()[0] == before.text.splitlines()[0]
    assert len(after.text) < len(before.text)


async def test_a_message_is_amended_and_never_sent_anew(phones: Phones, messenger: Messenger, chat: int) -> None:
    message_id = await sent(messenger, digest(chat))
    ended = replace(digest(chat), journeys=(journey(state=Payment.CANCELLED),), buttons=())
    assert await messenger.amend(ended, message_id) == edited(message_id)
    assert await messenger.amend(ended, message_id) == unchanged(message_id)
    [seen] = await phones.seen(chat)
    assert (seen.id, seen.targets) == (message_id, ())
    await phones.delete(chat, message_id)
    assert await messenger.amend(digest(chat), message_id) == unchanged(message_id)
    assert await messenger.retire(won(chat), message_id) == unchanged(message_id)
    assert await phones.seen(chat) == []


@pytest.mark.parametrize("fault", ["server_error", "bad_gateway", "timeout", "lost_answer", "too_many_requests"])
async def test_what_cannot_be_edited_now_waits(phones: Phones, messenger: Messenger, chat: int, fault: Fault) -> None:
    message_id = await sent(messenger, digest(chat))
    for amend in (messenger.retire(won(chat), message_id), messenger.amend(digest(chat), message_id)):
        await phones.fail("retire", fault, seconds=7)
        delivery = await amend
        assert isinstance(delivery, Wait)
        assert delivery.seconds == 7 or fault != "too_many_requests"


async def test_nothing_is_edited_for_who_is_gone(phones: Phones, messenger: Messenger, chat: int) -> None:
    message_id = await sent(messenger, digest(chat))
    await phones.leave(chat, "block")
    for delivery in (await messenger.retire(won(chat), message_id), await messenger.amend(digest(chat), message_id)):
        assert isinstance(delivery, Undeliverable)
        assert delivery.unreachable


# What a person wrote arrives as they wrote it.

MISCHIEF = "<>&\"'{}%s\\`*_[]()#@/:.…"
LETTERS = st.one_of(
    st.sampled_from(
        [*MISCHIEF, "<b>", "</b>", "&amp;", "&#x27;", "<script>", "{title}", "👨\u200d👩\u200d👧", "🇯🇵", "🫖"]
    ),
    st.characters(min_codepoint=0x5D0, max_codepoint=0x5EA),
    st.characters(min_codepoint=0x621, max_codepoint=0x64A),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x21, max_codepoint=0x7E),
)
WORDS = st.lists(LETTERS, min_size=1, max_size=60).map("".join)
TITLES = st.lists(WORDS, min_size=1, max_size=30).map(" ".join).map(lambda text: text[:500].strip())
HEAD = 30
"""Every place shows at least so many characters of a text, however long."""

many = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(title=TITLES)
@pytest.mark.parametrize("language", ["en", "zh_Hans"])
async def test_what_a_person_wrote_arrives_unharmed(
    phones: Phones, messenger: Messenger, chat: int, title: str, language: str
) -> None:
    listed = PaymentsView(
        chat_id=chat, language=language, journeys=(journey(title),), buttons=(replace(PAY, act="item"),), zone="UTC"
    )
    for view in (won(chat, title, language), note(chat, title, language), digest(chat, title, language), listed):
        message_id = await sent(messenger, view)
        [seen] = await phones.seen(chat, after=message_id - 1)
        assert title[:HEAD].strip() in seen.text
        await phones.delete(chat, message_id)


async def test_the_languages_are_those_that_the_tests_speak(phones: Phones) -> None:
    assert sorted(phones.languages) == ["en", "zh_Hans"]
