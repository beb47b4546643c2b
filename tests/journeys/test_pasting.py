"""Product links that are pasted at odd times."""

from flow.offers import Act as Button
from tests.journeys.buyers import Buyer, pressed, shown, won
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage


async def test_a_link_of_an_item_that_is_paid_shows_its_card_again(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA), pressed(Button.PAY), pressed(Button.USE_ALIPAY), Buyer.pays])
    await buyer.has_seen("payment.paid")

    await buyer.shows(CAMERA)

    await buyer.has_seen("card.retired")
    await buyer.sees("payment.paid")


async def test_a_link_of_an_auction_that_is_over_says_so(stage: Stage) -> None:
    winner = await stage.buyer(LINKED)
    await winner.wins(CAMERA)
    other = await stage.buyer(NEW)

    await other.shows(CAMERA)

    await other.sees("item.ended")


async def test_both_items_that_were_pasted_wait_for_the_verification(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=[shown(CAMERA), shown(RADIO), pressed(Button.VERIFY)])

    await buyer.pays()

    await buyer.has_seen("verification.refunded")
    await stage.quiet()
    assert await buyer.texts_seen("payment.watching") == 2


async def test_a_start_before_the_verification_shows_only_what_can_be_done(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=[shown(CAMERA)])
    await buyer.has_seen("verification.offered")

    await buyer.person.write("/start")

    await buyer.has_seen("card.retired")
    await stage.quiet()
    assert await buyer.texts_seen("verification.offered") == 1
    assert await buyer.texts_seen("payment.watching") == 0
