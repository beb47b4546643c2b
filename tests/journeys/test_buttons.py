"""Buttons: each belongs to one chat and one moment; a wrong press moves nothing and says why."""

from flow.offers import Act as Button
from sandbox.person import labels
from tests.journeys.buyers import Buyer, Json, pressed, won
from tests.journeys.stage import CAMERA, LINKED, NEW, Stage


async def test_another_buyers_button_is_expired_and_moves_nothing(stage: Stage) -> None:
    owner = await stage.buyer(LINKED, past=[won(CAMERA)])
    other = await stage.buyer(NEW)
    copied = await copy_of(stage, await owner.sees("payment.won"), other)
    await stage.quiet()
    before = await stage.rows()

    shown = await other.press_on(copied, Button.PAY)

    assert (shown["text"], shown["show_alert"]) == (says(other, "press.expired"), True)
    await stage.quiet()
    assert moves(await stage.rows()) == moves(before)
    await owner.sees("payment.won")


async def test_a_button_whose_time_is_up_is_expired(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await stage.pool.execute("update button set expires_at = now() - interval '1 second'")

    shown = await buyer.presses(Button.PAY)

    assert (shown["text"], shown["show_alert"]) == (says(buyer, "press.expired"), True)
    await buyer.sees("payment.won")


async def test_a_button_of_a_step_that_is_over_is_declined_and_the_card_stays(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    old = await copy_of(stage, await buyer.sees("payment.won"), buyer)
    await buyer.presses(Button.PAY)
    card = await buyer.has_seen("payment.selecting")

    shown = await buyer.press_on(old, Button.PAY)

    assert (shown["text"], shown.get("show_alert")) == (says(buyer, "press.declined"), None)
    await stage.quiet()
    assert await buyer.has_seen("payment.selecting") == card
    assert await buyer.texts_seen("payment.selecting") == 1


async def test_a_button_that_was_never_made_is_expired(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    forged = await copy_of(stage, await buyer.sees("payment.won"), buyer, data="pay:1")

    shown = await buyer.press_on(forged, Button.PAY)

    assert shown["text"] == says(buyer, "press.expired")


async def test_not_now_leads_back_and_the_way_can_be_gone_again(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA), pressed(Button.PAY), pressed(Button.CANCEL)])
    await buyer.sees("payment.won")

    await buyer.presses(Button.PAY)
    await buyer.presses(Button.USE_ALIPAY)
    await buyer.pays()

    await buyer.sees("payment.paid")


async def test_a_pressed_card_is_edited_in_its_place(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    card = await buyer.sees("payment.won")
    await buyer.presses(Button.PAY)
    choice = await buyer.sees("payment.selecting")
    await buyer.presses(Button.USE_ALIPAY)
    link = await buyer.sees("payment.link_sent")

    assert card["message_id"] == choice["message_id"] == link["message_id"]
    assert labels(link) == tuple(map(buyer.label, (Button.OPEN_LINK, Button.NEW_LINK, Button.CANCEL)))


async def copy_of(stage: Stage, card: Json, to: Buyer, data: str | None = None) -> Json:
    """A message with the very button of a card, or with forged data, as Telegram would show it."""
    (button,) = card["reply_markup"]["inline_keyboard"][0]
    keyboard = {"inline_keyboard": [[{"text": button["text"], "callback_data": data or button["callback_data"]}]]}
    token = stage.opened.environment["ALIPAY_BOT_TELEGRAM_TOKEN"]
    message = {"chat_id": to.person.id, "text": "a copy", "reply_markup": keyboard}
    url = f"{stage.opened.addresses.telegram}/bot{token}/sendMessage"
    async with stage.session.post(url, json=message) as answer:
        found: Json = (await answer.json())["result"]
        return found


def says(buyer: Buyer, key: str) -> str:
    """A text of the catalogue without places."""
    return buyer.texts(buyer.language, key).unescape()


def moves(rows: tuple[int, ...]) -> tuple[int, ...]:
    """Of what is kept, the moves, journeys, charges and work."""
    return rows[2:]
