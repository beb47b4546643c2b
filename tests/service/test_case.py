"""What an operator reads when a buyer says "I was never told": all that happened to one item, in its order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from flow.money import Money
from flow.offers import Act
from service.arrivals import Arrival, keep, update_arrival
from service.chats import ask_house
from service.facts import Fact, Intent
from service.lines import orders_line
from service.ports import Letter
from service.timeline import Happening
from service.verdicts import Unknown
from service.work import AskOrders, ReadAuctionEvent, ReadNotice, RedeemCode
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, Story, paid, refund_told, repriced, sent_back, won

OTHER = replace(ORDER, order_id="o2", auction_id="t2", buyer_id="b2")


async def heard(story: Story, webhook_id: str, fact: Fact) -> None:
    """An event of the auction house, kept and taken as the door and the inbox do it."""
    async with story.store.transaction() as tx:
        await tx.keep(Letter(source="auction", source_id=webhook_id, body=b"{}", headers={}, received_at=NOW))
    await story.desk.receive(f"auction:{webhook_id}", fact)


def told(found: Sequence[Happening], kind: str, *names: str) -> list[tuple[object, ...]]:
    """These details of everything of one kind."""
    return [tuple(each.details.get(name) for name in names) for each in found if each.kind == kind]


async def eventful(story: Story, chat: ChatRoom) -> str:
    """An item is won, shown, its link opened, paid, and sent back in the portal; the charge's id."""
    await heard(story, "msg_1", won())
    await chat.phones.fail("send", "too_many_requests", seconds=7)
    await chat.turn()
    await chat.pass_time()
    await chat.catch_up()
    await story.press(Act.PAY, Act.USE_ALIPAY)
    charge_id = await story.open_link()
    await story.take(paid(charge_id))
    await chat.catch_up()
    return charge_id


async def test_everything_about_an_item_is_there(story: Story, chat: ChatRoom) -> None:
    charge_id = await eventful(story, chat)
    found = await story.store.happenings("o1")
    assert told(found, "event", "from", "letter_id", "type") == [("auction", "msg_1", "BidWon")]
    assert told(found, "move", "from", "to") == [
        ("watching", "won"),
        ("won", "selecting"),
        ("selecting", "link_sent"),
        ("link_sent", "opened"),
        ("opened", "opened"),
        ("opened", "paid"),
    ]
    assert ("LandingOpened",) in told(found, "fact", "type")
    assert told(found, "link", "value", "state", "void") == [("12300", "settled", False)]
    assert told(found, "charge", "value", "gateway_id") == [("12300", f"pay-{charge_id}")]
    assert told(found, "entry", "account", "value") == [("gateway", "12300"), ("sales", "-12300")]
    assert told(found, "message", "view", "result", "reason") == [
        ("CardView", "waiting", "too many calls"),
        ("CardView", "sent", None),
        ("CardView", "edited", None),
        ("CardView", "sent", None),
        ("RetiredCard", "edited", None),
    ]
    assert told(found, "report", "type", "state") == [("payment.completed", "waiting")]
    assert [each.at for each in found] == sorted(each.at for each in found)


async def test_it_is_found_by_every_name_that_an_operator_may_have(story: Story, chat: ChatRoom) -> None:
    charge_id = await eventful(story, chat)
    await story.press(Act.NEW_LINK)
    await story.take(won(replace(OTHER, buyer_id="b1")))
    await story.press(Act.PAY, Act.USE_ALIPAY, order_id="o2")
    second = await story.open_link("o2")
    await story.take(paid(second))
    await story.take(replace(paid(second), charge_id=second))
    journey = await story.journey()
    by_order = await story.store.happenings("o1")
    for name in (journey.id, charge_id):
        assert await story.store.happenings(name) == by_order
    of_buyer = await story.store.happenings("b1")
    subjects = {each.subject for each in of_buyer}
    assert {each.subject for each in by_order} <= subjects
    assert {(await story.journey("o2")).id, second} <= subjects
    assert ("BuyerConnected",) in told(of_buyer, "fact", "type")


async def test_a_refund_leads_to_its_item(story: Story, chat: ChatRoom) -> None:
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    await story.take(paid((await story.journey()).charge_id or ""), paid(charge_id))
    await story.take(refund_told(f"rf-{charge_id}", Unknown(reason="PROCESSING")), sent_back(f"rf-{charge_id}"))
    found = await story.store.happenings(f"rf-{charge_id}")
    assert found == await story.store.happenings("o1")
    assert told(found, "refund", "value", "state", "ours") == [("12300", "settled", True)]
    assert told(found, "fact", "type").count(("RefundTold",)) == 2
    await chat.catch_up()
    words = told(await story.store.happenings("o1"), "message", "says")
    assert {("money.repeated",), ("money.refunded",)} <= set(words)


async def test_what_belongs_to_another_item_or_buyer_is_not_there(story: Story, chat: ChatRoom) -> None:
    await eventful(story, chat)
    before = await story.store.happenings("o1")
    await heard(story, "msg_2", won(OTHER))
    await story.take(won(replace(OTHER, order_id="o3", buyer_id="b1")))
    assert await story.store.happenings("o1") == before
    assert {each.details.get("letter_id") for each in await story.store.happenings("b2")} == {"msg_2", None}


async def test_news_that_came_too_late_to_count_is_there_all_the_same(story: Story) -> None:
    await heard(story, "msg_1", replace(won(), order=replace(ORDER, version=3, payment_method="alipay")))
    await heard(story, "msg_2", repriced(Money("JPY", 1), version=2))
    found = await story.store.happenings("o1")
    assert told(found, "event", "letter_id", "type") == [("msg_1", "BidWon"), ("msg_2", "OrderChanged")]
    assert len(told(found, "move")) == 1


async def test_a_letter_that_is_not_kept_any_more_is_still_an_event(story: Story) -> None:
    await heard(story, "msg_1", won())
    await story.pool.execute("delete from inbox")
    found = await story.store.happenings("o1")
    assert told(found, "event", "from", "letter_id", "type") == [("auction", "msg_1", "BidWon")]


async def test_a_digest_counts_as_a_message_about_each_of_its_items(story: Story, chat: ChatRoom) -> None:
    await story.take(won(), won(replace(OTHER, buyer_id="b1")))
    await chat.catch_up()
    for order_id in ("o1", "o2"):
        found = await story.store.happenings(order_id)
        assert told(found, "message", "view", "result") == [("DigestView", "sent")]


async def test_what_waits_stands_at_its_time_and_what_was_given_up_with_its_reason(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(won())
    await chat.phones.fail("send", "too_many_requests", seconds=7)
    await chat.turn()
    await story.press(Act.PAY, Act.USE_ALIPAY)
    await story.open_link()
    await story.pool.execute("update work set dead_at = now(), reason = 'LookupError' where kind = 'OpenCharge'")
    found = await story.store.happenings("o1")
    work = told(found, "work", "work", "state", "reason")
    assert ("ShowCard", "waiting", "too many calls") in work
    assert ("OpenCharge", "dead", "LookupError") in work
    assert ("AskCharge", "waiting", None) in work
    assert ("Remind", "waiting", None) in work
    held = next(each for each in found if each.details.get("reason") == "too many calls" and each.kind == "work")
    attempt = next(each for each in found if each.kind == "message")
    assert timedelta(seconds=5) < held.at - attempt.at < timedelta(seconds=9)


async def test_a_report_that_was_given_up_says_why(story: Story, chat: ChatRoom) -> None:
    await eventful(story, chat)
    await story.pool.execute("update report set dead_at = now(), reason = '410', attempts = 3")
    found = await story.store.happenings("o1")
    assert told(found, "report", "state", "reason", "attempts") == [("dead", "410", 3)]


async def test_a_report_that_was_taken_is_told_with_its_time(story: Story, chat: ChatRoom) -> None:
    await eventful(story, chat)
    await story.pool.execute("update report set taken_at = $1, attempts = 1", NOW + timedelta(days=1))
    [report] = [each for each in await story.store.happenings("o1") if each.kind == "report"]
    assert (report.details["state"], report.details["attempts"], report.at) == ("taken", 1, NOW + timedelta(days=1))


async def came(story: Story, webhook_id: str, body: bytes, line: str = "auction:b1") -> None:
    """An event of the auction house that nobody has read yet."""
    letter = Letter(source="auction", source_id=webhook_id, body=body, headers={}, received_at=NOW)
    async with story.store.transaction() as tx:
        await keep(tx, Arrival(letter=letter, line=line, read=ReadAuctionEvent))


WON = b'{"type": "bid.won", "data": {"order_id": "o1", "buyer_id": "b1", "title": "o2"}}'
READING = ("work", "state", "from", "letter_id", "reason")


@pytest.mark.parametrize("name", ["o1", "b1"])
async def test_a_win_that_nobody_has_read_yet_is_there(story: Story, name: str) -> None:
    await came(story, "msg_1", WON)
    await came(story, "msg_2", b'{"data": {"order_id": "o10", "buyer_id": "b10"}}', line="auction:b10")
    found = await story.store.happenings(name)
    assert told(found, "work", *READING) == [("ReadAuctionEvent", "waiting", "auction", "msg_1", None)]


@pytest.mark.parametrize("name", ["o1", "b1"])
async def test_a_win_whose_reading_was_given_up_says_why(story: Story, name: str) -> None:
    await came(story, "msg_1", WON)
    await story.pool.execute("update work set dead_at = now(), reason = 'data.total: is missing'")
    found = await story.store.happenings(name)
    assert told(found, "work", *READING) == [("ReadAuctionEvent", "dead", "auction", "msg_1", "data.total: is missing")]


async def test_a_notice_whose_reading_was_given_up_belongs_to_its_item(story: Story) -> None:
    charge_id = await story.opened()
    body = f'{{"paymentRequestId": "{charge_id}"}}'.encode()
    letter = Letter(source="antom", source_id="hash", body=body, headers={}, received_at=NOW)
    async with story.store.transaction() as tx:
        await keep(tx, Arrival(letter=letter, line="notice:1", read=ReadNotice))
    await story.pool.execute("update work set dead_at = now() where kind = 'ReadNotice'")
    found = await story.store.happenings("o1")
    assert ("ReadNotice", "dead", "antom", "hash", None) in told(found, "work", *READING)


async def test_what_waits_for_the_buyer_outside_the_chat_is_part_of_their_case(story: Story) -> None:
    chat, redeem = await story.chat(), RedeemCode(chat_id=CHAT, user_id=CHAT, name="林", code="x")
    async with story.store.transaction() as tx:
        await tx.queue(orders_line("b1"), AskOrders(buyer_id="b1"))
        await tx.queue(orders_line("b2"), AskOrders(buyer_id="b2"))
        await tx.queue(f"code:{CHAT}", redeem)
        await ask_house(tx, chat, "b1", Intent.GREET)
        await keep(tx, update_arrival(f'{{"update_id": 1, "message": {{"chat": {{"id": {CHAT}}}}}}}'.encode(), NOW))
    waiting = [work for (work,) in told(await story.store.happenings("b1"), "work", "work")]
    assert waiting == ["AskOrders", "RedeemCode", "AskHouse", "ReadUpdate"]


async def test_that_the_buyer_cannot_be_reached_is_part_of_the_items_case(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.phones.leave(CHAT, "block")
    await chat.turn()
    found = await story.store.happenings("o1")
    assert told(found, "report", "type", "state") == [("buyer.unreachable", "waiting")]


async def test_a_notice_is_an_event_from_the_gateway_also_once_its_letter_is_gone(story: Story) -> None:
    charge_id, digest = await story.opened(), "5" * 64
    async with story.store.transaction() as tx:
        await tx.keep(Letter(source="antom", source_id=digest, body=b"{}", headers={}, received_at=NOW))
    await story.desk.receive(f"charge:{charge_id}:settled:notice-{digest}", paid(charge_id))
    found = await story.store.happenings("o1")
    assert ("antom", digest, "ChargeTold") in told(found, "event", "from", "letter_id", "type")
    await story.pool.execute("delete from inbox")
    assert told(await story.store.happenings("o1"), "event", "letter_id") == told(found, "event", "letter_id")


async def test_a_buyers_whole_chat_is_part_of_their_case(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.phones.leave(CHAT, "block")
    await chat.turn()
    found = await story.store.happenings("b1")
    assert told(found, "message", "result", "reason") == [("closed", "blocked")]
    assert told(found, "report", "type") == [("buyer.unreachable",)]


@pytest.mark.parametrize("name", ["o9", "", "fact-1", "%"])
async def test_of_what_is_not_known_nothing_is_told(story: Story, name: str) -> None:
    await story.take(won())
    assert await story.store.happenings(name) == []


async def test_neither_words_nor_links_are_told(story: Story, chat: ChatRoom) -> None:
    charge_id = await eventful(story, chat)
    charge = await story.charge(charge_id)
    everything = str(await story.store.happenings("b1"))
    for secret in (charge.token, "http", ORDER.title):
        assert secret not in everything
