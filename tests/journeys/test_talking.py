"""What buyers write: commands, links, words."""

import pytest

from flow.offers import Act as Button
from sandbox.person import labels
from tests.journeys.buyers import linked_up, pressed, won
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage
from tests.journeys.test_orders import order

ANSWERS = {
    "/help": "help",
    "你好，怎么付款？": "words",
    "/payments": "payments.none",
    "https://example.com/item/jdirectitems/auction/t1194609512": "foreign_link",
    "/verify": "verify.linked",
    "/nonsense": "words",
    "/cancel": "cancel.nothing",
}


async def test_each_thing_said_has_its_answer(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)

    for said, answer in ANSWERS.items():
        await buyer.person.write(said)
        await buyer.sees(answer)


async def test_a_product_link_with_a_query_or_of_the_older_kind_is_understood(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    house = stage.opened.addresses.auction

    await buyer.person.write(f"看看这个 {house}/item/jdirectitems/auction/{CAMERA}?lang=cht&utm=x！")
    camera = await buyer.sees("payment.watching")
    await buyer.person.write(f"{house}/item/yahoo/auction/{RADIO}")
    radio = await buyer.person.card(lambda card: card["message_id"] > camera["message_id"], "second card")

    assert buyer.says(radio, "payment.watching")


async def test_a_link_to_no_item_is_said_to_be_unknown(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)

    await buyer.shows("t0000000000")

    await buyer.sees("item.missing")


async def test_what_waits_for_payment_is_listed_with_the_nearest_deadline_first(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    for order_id, days in (("A1", 3), ("A2", 1), ("A3", 2)):
        await stage.tells("bid.won", order(order_id, days=days))

    await buyer.person.write("/payments")

    listed = await buyer.sees("payments.header")
    titles = [label.partition(". ")[2] for label in labels(listed)]
    assert titles == ["Item of A2", "Item of A3", "Item of A1"]
    await buyer.person.press(listed, 1)
    assert "Item of A3" in (await buyer.sees("payment.won"))["text"]


async def test_status_says_where_everything_stands(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA), pressed(Button.PAY)])
    await buyer.sees("payment.selecting")

    await buyer.person.write("/status")

    status = await buyer.sees("status.connected")
    assert buyer.says(status, "status.alipay.linked")
    assert buyer.step(3, 5) in status["text"]


async def test_cancel_takes_the_link_back_and_says_so(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    link = await buyer.landing()

    await buyer.person.write("/cancel")

    await buyer.sees("cancel.done")
    await buyer.has_seen("payment.won")
    assert await stage.page(link) == 410


async def test_a_person_is_called_when_the_buyer_asks_for_one(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)

    await buyer.person.write("/support")

    await buyer.sees("support.noted")
    await buyer.person.told("handoff.opened")


async def test_another_language_redraws_the_open_cards(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await buyer.person.write("/language")
    await buyer.sees("language.choose")

    await buyer.presses("zh_Hans")

    await buyer.has_seen("language.chosen", "zh_Hans")
    card = await buyer.sees("payment.won", "zh_Hans")
    buyer.language = "zh_Hans"
    assert buyer.step(2, 5) in card["text"]
    await buyer.presses(Button.PAY)
    await buyer.sees("payment.selecting")


async def test_start_shows_everything_anew(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    first = await buyer.sees("payment.won")

    await buyer.person.start()

    await buyer.has_seen("welcome.connected")
    card = await buyer.sees("payment.won")
    assert card["message_id"] > first["message_id"]


async def test_a_stranger_is_told_how_to_connect(stage: Stage) -> None:
    stranger = stage.stranger()
    await stranger.come()

    await stranger.person.start()
    await stranger.sees("welcome.unconnected")
    await stranger.person.write("/payments")
    await stranger.sees("connect")


@pytest.mark.parametrize("mode", ["webhook"])
async def test_the_same_update_twice_has_one_effect(stage: Stage, mode: str) -> None:
    buyer = await stage.buyer(NEW)
    person = {"id": buyer.person.id, "is_bot": False, "first_name": "Lin"}
    chat = {"id": buyer.person.id, "type": "private", "first_name": "Lin"}
    message = {"message_id": 900, "date": 1_790_000_000, "from": person, "chat": chat, "text": "hello"}
    body = str({"update_id": 999_000_001, "message": message}).replace("'", '"').replace("False", "false").encode()

    answers = [await stage.post("/telegram", body, stage.telegram_headers()) for _ in range(2)]

    assert answers == [200, 200]
    await buyer.sees("words")
    await stage.quiet()
    assert await buyer.texts_seen("words") == 1


async def test_the_house_is_asked_again_when_it_was_away(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    stage.gate.away = 1

    await buyer.shows(RADIO)

    await buyer.sees("payment.watching")


async def test_a_house_that_stays_away_is_not_waited_for_in_silence(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    stage.gate.away = 99

    await buyer.shows(RADIO)

    await buyer.sees("house.silent")


async def test_an_outcome_whose_answer_got_lost_is_sent_again_as_the_same(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    stage.gate.losing = ["/events"]
    await buyer.pays()
    await buyer.sees("payment.paid")

    event = await buyer.person.house(
        lambda house: next((event for event in house["events_received"] if event["times"] == 2), None), "repeat"
    )

    assert (event["type"], event["problem"]) == ("payment.completed", None)
