"""What a buyer chooses to be told, and a reminder that comes in time: over the wire, in the chat."""

from flow.offers import Act as Button
from sandbox.person import labels
from service.buyer_desk import ACKNOWLEDGE
from tests.journeys.buyers import Buyer
from tests.journeys.stage import LINKED, Stage
from tests.journeys.test_orders import order


async def test_settings_are_changed_in_one_message(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await buyer.person.write("/settings")
    first = await buyer.sees("settings.always")
    assert "guessed" in first["text"]

    await tap(buyer, "🔔 Reminders to pay")
    await shows(buyer, "🔕 Reminders to pay")
    await tap(buyer, "Quiet hours")
    await tap(buyer, "00:00–06:00")
    await shows(buyer, "Quiet hours: 00:00–06:00")
    await tap(buyer, "Time zone")
    await tap(buyer, "Taipei")
    await shows(buyer, "Time zone: Taipei")

    last = await buyer.sees("settings.always")
    assert last["message_id"] == first["message_id"]
    assert "guessed" not in last["text"]


async def test_a_time_zone_is_typed_after_the_button(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await buyer.person.write("/settings")
    await tap(buyer, "Time zone")
    await tap(buyer, "Another one")
    await buyer.sees("settings.zone_ask")

    await buyer.person.write("somewhere")
    await buyer.sees("settings.zone_unknown")
    await buyer.person.write("where is my parcel?")
    await buyer.sees("words")
    await tap(buyer, "Another one")
    await buyer.sees("settings.zone_ask")
    await buyer.person.write("utc+5:45")

    await shows(buyer, "Time zone: UTC+05:45")
    await buyer.person.write("Asia/Tokyo")
    await buyer.sees("words")


async def test_settings_in_another_language(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await buyer.person.write("/settings")
    await tap(buyer, "Language · 语言")

    await tap(buyer, "简体中文")

    await buyer.has_seen("language.chosen", "zh_Hans")
    settings = await buyer.has_seen("settings.always", "zh_Hans")
    assert "时区：上海（根据您的语言推测）" in settings["text"]


async def test_a_deadline_that_comes_near_is_reminded_of_with_a_card_that_can_be_paid(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await stage.tells("bid.won", order())
    for button in (Button.PAY, Button.USE_ALIPAY):
        await buyer.presses(button)
    before = await buyer.landing()

    await stage.tells("order.changed", order(version=2, days=40 / 1440))

    reminder = await buyer.sees("remind.last")
    assert "left to pay for this item" in reminder["text"]
    await buyer.presses(ACKNOWLEDGE)
    card = await buyer.person.card(lambda card: "Got it" not in labels(card), "card without answers")
    assert card["message_id"] == reminder["message_id"]
    assert not buyer.says(card, "remind.last")
    assert await buyer.landing() == before
    await buyer.pays()
    await buyer.sees("payment.paid")


async def tap(buyer: Buyer, label: str) -> None:
    """Press the newest button with these words, once there is one."""
    await buyer.person.look(lambda seen: any(label in labels(card) for card in seen), f"button {label}")
    card = next(card for card in reversed(await buyer.person.messages()) if label in labels(card))
    await buyer.person.press_at(card["message_id"], labels(card).index(label))


async def shows(buyer: Buyer, words: str) -> None:
    """The newest message, once it holds these words."""
    await buyer.person.card(lambda card: words in card["text"], words)
