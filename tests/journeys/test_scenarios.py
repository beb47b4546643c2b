"""Each scenario of the gateway's switchboard, played while a buyer is in the middle of it: nothing is ever lost."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from flow.offers import Act as Button
from sandbox.alipay.scenarios import load
from tests.journeys.books import assert_books_agree, reconciled
from tests.journeys.buyers import Act, Buyer, linked_up, opened_up, paid_for, pressed, saw, verifying
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage

Step = Callable[[Stage, Buyer], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Where the buyer stands when the scenario begins, what happens then, and what the chat says in the end."""

    past: Sequence[Act]
    end: str
    then: Sequence[Step] = field(default=())


def does(act: Act) -> Step:
    """The buyer does something."""
    return lambda _, buyer: act(buyer)


def in_portal(act: str) -> Step:
    """The gateway's staff do something."""
    return lambda stage, _: stage.portal(act)


async def order_is_cancelled(stage: Stage, buyer: Buyer) -> None:
    """The auction house cancels what the buyer is about to pay."""
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/cancel", {"reason": ""})


async def tries_to_open(stage: Stage, buyer: Buyer) -> None:
    """The buyer opens the link, and the page asks them to wait."""
    assert await stage.page(await buyer.landing()) == 200


async def time_passes(stage: Stage, _: Buyer) -> None:
    """Whatever went wrong for a while is over."""
    await stage.alipay_is_well()


async def books_are_compared(stage: Stage, _: Buyer) -> None:
    """The operator's daily run."""
    await reconciled(stage, mend=True)


LINK, OPEN, DONE, VERIFYING = linked_up(CAMERA), opened_up(CAMERA), paid_for(CAMERA), verifying(RADIO)
PAYS, CHECKS = does(Buyer.pays), does(pressed(Button.CHECK))
RETRIES = does(Buyer.asks_for_a_new_link_and_pays)

STORIES: dict[str, Story] = {
    "paid_after_expiry": Story(past=OPEN, then=[does(saw("payment.lapsed"))], end="payment.paid"),
    "paid_after_cancellation": Story(past=OPEN, then=[order_is_cancelled], end="money.refunded"),
    "paid_twice": Story(past=OPEN, then=[RETRIES], end="money.refunded"),
    "too_little": Story(past=OPEN, end="payment.with_staff"),
    "too_much": Story(past=OPEN, end="payment.with_staff"),
    "another_currency": Story(past=OPEN, end="payment.with_staff"),
    "unknown_id": Story(past=OPEN, then=[PAYS], end="payment.paid"),
    "success_then_processing": Story(past=DONE, end="payment.paid"),
    "success_then_fail": Story(past=DONE, end="payment.paid"),
    "refund_refused": Story(past=VERIFYING, then=[PAYS], end="verification.refund_stuck"),
    "refund_in_process": Story(
        past=VERIFYING,
        then=[PAYS, does(pressed(Button.NOT_SEEN)), does(saw("refund_missed.refunding")), in_portal("confirm_refund")],
        end="verification.refunded",
    ),
    "refund_in_portal": Story(past=DONE, end="payment.returned"),
    "reversal_in_portal": Story(past=DONE, then=[books_are_compared], end="payment.returned"),
    "notices_lost": Story(past=LINK, then=[PAYS, CHECKS], end="payment.paid"),
    "unknown_for_long": Story(past=LINK, then=[tries_to_open, time_passes, PAYS], end="payment.paid"),
    "answer_lost": Story(past=LINK, then=[PAYS], end="payment.paid"),
    "request_lost": Story(past=LINK, then=[PAYS], end="payment.paid"),
    "limit_exceeded": Story(past=LINK, then=[PAYS, does(saw("reason.limit")), RETRIES], end="payment.paid"),
    "balance_too_low": Story(past=LINK, then=[PAYS, does(saw("reason.balance")), RETRIES], end="payment.paid"),
    "risk_rejected": Story(past=LINK, then=[PAYS, does(saw("reason.risk")), RETRIES], end="payment.paid"),
    "pending_for_long": Story(
        past=OPEN, then=[PAYS, CHECKS, does(saw("unclear.payment")), in_portal("pay")], end="payment.paid"
    ),
    "wallet_unlinked": Story(past=DONE, end="unlinked.in_wallet"),
}


@pytest.fixture
def staffed() -> bool:
    """These stories have a support chat."""
    return True


@pytest.mark.parametrize("name", list(load()))
async def test_after_each_scenario_nothing_is_lost(stage: Stage, name: str) -> None:
    story = STORIES[name]
    buyer = await stage.buyer(NEW if story.past is VERIFYING else LINKED, past=story.past, language="zh-hans")

    await stage.plays(name)
    for step in story.then:
        await step(stage, buyer)

    await stage.played()
    await stage.heard()
    await buyer.has_seen(story.end)
    await stage.alipay_is_well()
    assert (await reconciled(stage, mend=True)).is_good
    await assert_books_agree(stage)
    await buyer.has_seen(story.end)
    assert await stage.dead() == []
