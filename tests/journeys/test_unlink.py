"""The Alipay account is unlinked: in the chat, in the wallet, or at the auction house."""

import pytest

from flow.offers import Act as Button
from tests.journeys.books import assert_books_agree
from tests.journeys.buyers import Buyer, opened_up, paid_for, shown, won
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage


@pytest.fixture
def staffed() -> bool:
    """These stories have a support chat."""
    return True


async def test_unlinked_in_the_chat_after_a_question(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[shown(RADIO)])
    await assert_watched_at(buyer, 1, 5)

    await buyer.person.write("/unlink")
    await buyer.sees("unlink.ask")
    assert await stage.calls() == []
    await buyer.presses("unlink")

    await buyer.has_seen("unlinked.here")
    await assert_has_to_verify(stage, buyer)
    assert LINKED in await stage.case("unlink_asked")
    assert (await stage.outcome("handoff.opened"))["reason"] == "unlink_asked"
    await buyer.person.write("/status")
    assert buyer.says(await buyer.sees("status.connected"), "status.alipay.not_linked")


async def test_a_question_that_is_not_answered_unlinks_nothing(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[shown(RADIO)])
    await buyer.person.write("/unlink")
    await buyer.sees("unlink.ask")

    await buyer.person.write("/status")

    assert buyer.says(await buyer.sees("status.connected"), "status.alipay.linked")


async def test_whoever_is_not_linked_has_nothing_to_unlink(stage: Stage) -> None:
    buyer = await stage.buyer(NEW)
    await stage.quiet()

    await buyer.person.write("/unlink")

    await buyer.sees("unlink.not_linked")


async def test_unlinked_in_the_wallet_the_buyer_is_told_and_what_is_paid_stays_paid(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[*paid_for(CAMERA), shown(RADIO)])
    await assert_watched_at(buyer, 1, 5)

    await stage.portal("unlink")

    await buyer.has_seen("unlinked.in_wallet")
    await assert_has_to_verify(stage, buyer)
    await buyer.has_seen("payment.paid")
    assert await stage.calls() == []
    await assert_books_agree(stage)


async def test_unlinked_at_the_auction_house(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[shown(RADIO)])
    await assert_watched_at(buyer, 1, 5)

    await stage.backoffice(f"/backoffice/buyers/{LINKED}/alipay", {"alipay": "not_linked"})

    await assert_has_to_verify(stage, buyer)


async def test_a_link_that_is_open_can_still_be_paid(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.backoffice(f"/backoffice/buyers/{LINKED}/alipay", {"alipay": "not_linked"})
    await stage.quiet()

    await buyer.pays()

    await buyer.sees("payment.paid")
    assert len(await stage.outcomes("payment.completed")) == 1


async def test_whoever_verifies_again_walks_on_to_the_payment(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[shown(RADIO)])
    await assert_watched_at(buyer, 1, 5)
    await stage.backoffice(f"/backoffice/buyers/{LINKED}/alipay", {"alipay": "not_linked"})
    await buyer.sees("verification.offered")

    await buyer.presses(Button.VERIFY)
    await buyer.pays()
    await buyer.has_seen("verification.refunded")
    await assert_watched_at(buyer, 3, 7)
    await buyer.wins(RADIO)
    for button in (Button.PAY, Button.USE_ALIPAY):
        await buyer.presses(button)
    await buyer.pays()

    assert buyer.step(7, 7) in (await buyer.sees("payment.paid"))["text"]
    await assert_books_agree(stage)


async def test_a_won_item_is_refused_in_words_where_alipay_is_not_offered_any_more(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await stage.backoffice(f"/backoffice/buyers/{LINKED}/alipay", {"alipay": "not_offered"})
    await stage.quiet()

    for button in (Button.PAY, Button.USE_ALIPAY):
        await buyer.presses(button)

    await buyer.sees("not_offered")
    assert await stage.charges() == []


async def test_an_order_above_the_auction_houses_limit_is_refused_with_both_amounts(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    limit = {"currency": "JPY", "value": "10000"}
    await stage.tells("buyer.alipay_changed", {"buyer_id": LINKED, "alipay": "linked", "limit": limit})

    for button in (Button.PAY, Button.USE_ALIPAY):
        await buyer.presses(button)

    said = (await buyer.sees("limit_exceeded"))["text"]
    assert "10,000" in said
    assert "13,300" in said
    assert await stage.charges() == []


async def assert_has_to_verify(stage: Stage, buyer: Buyer) -> None:
    """The watched item's card now counts seven steps, and below it stands the offer to verify."""
    offer = await buyer.sees("verification.offered")
    assert buyer.step(1, 7) in offer["text"]
    await stage.quiet()
    await assert_watched_at(buyer, 3, 7)


async def assert_watched_at(buyer: Buyer, step: int, steps: int) -> None:
    """The watched item's card names this step."""
    line = buyer.step(step, steps)
    await buyer.person.look(
        lambda seen: any(buyer.says(card, "payment.watching") and line in card["text"] for card in seen),
        f"watched item at {line}",
    )
