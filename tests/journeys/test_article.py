"""The article's two paths, walked to their ends, and the money behind them."""

import asyncio
from collections import Counter

import pytest

from app.settings import given
from app.stand import free_port
from bot.wording import without_tags
from sandbox.journeys import FIRST_TIME, RETURNING, Walk, first_time, returning
from service.records import LedgerSummary
from tests.journeys.conftest import MODES, serving
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage

LANGUAGES = {"polling": "en", "webhook": "zh-hans"}


@pytest.mark.parametrize("mode", MODES)
async def test_a_returning_buyer_is_shown_each_of_five_steps_and_has_paid(stage: Stage, mode: str) -> None:
    walk = await returning(stage.opened.addresses, LANGUAGES[mode], LINKED, CAMERA)

    assert walk.steps == list(RETURNING)
    assert_each_step_is_shown(stage, walk, LANGUAGES[mode])
    assert await stage.ledger() == LedgerSummary(
        verification_charges=0, verification_refunds=0, payments=1, refunds=0, unsettled=0
    )


@pytest.mark.parametrize("mode", MODES)
async def test_a_first_time_buyer_is_shown_each_of_seven_steps_and_has_paid(stage: Stage, mode: str) -> None:
    walk = await first_time(stage.opened.addresses, LANGUAGES[mode], NEW, RADIO)

    assert walk.steps == list(FIRST_TIME)
    assert_each_step_is_shown(stage, walk, LANGUAGES[mode])


async def test_the_verification_charge_comes_back_exactly_once(stage: Stage) -> None:
    await first_time(stage.opened.addresses, "en", NEW, RADIO)
    verification, payment = await stage.charges()

    assert (verification["paid"], verification["net"]) == ("5", "0")
    (refund,) = verification["refunds"]
    assert (refund["status"], refund["refundRequestId"]) == ("SUCCESS", f"rf-{verification['paymentRequestId']}")
    assert (payment["paid"], payment["refunds"]) == ("6900", [])
    assert await stage.ledger() == LedgerSummary(
        verification_charges=1, verification_refunds=1, payments=1, refunds=0, unsettled=0
    )


async def test_the_auction_house_takes_each_outcome_once_with_the_gateways_ids(stage: Stage) -> None:
    await first_time(stage.opened.addresses, "en", NEW, RADIO)
    verification, payment = await stage.charges()
    events = (await stage.house())["events_received"]

    assert {event["type"]: event["data"].get("payment_id") for event in events} == {
        "verification.completed": verification["paymentId"],
        "verification.refunded": verification["paymentId"],
        "payment.completed": payment["paymentId"],
    }
    assert [(event["times"], event["problem"]) for event in events] == [(1, None)] * 3
    (refunded,) = await stage.outcomes("verification.refunded")
    assert refunded["data"]["refund_id"] == verification["refunds"][0]["refundId"]


async def test_two_buyers_at_once_do_not_see_each_others_items(stage: Stage) -> None:
    one, other = await asyncio.gather(
        returning(stage.opened.addresses, "en", LINKED, CAMERA), first_time(stage.opened.addresses, "en", NEW, RADIO)
    )

    assert not [seen for seen in one.seen if "radio" in seen.text.lower()]
    assert not [seen for seen in other.seen if "camera" in seen.text.lower()]
    assert await stage.ledger() == LedgerSummary(
        verification_charges=1, verification_refunds=1, payments=2, refunds=0, unsettled=0
    )


@pytest.mark.parametrize("mode", ["webhook"])
async def test_two_services_on_one_database_do_nothing_twice(stage: Stage, dsn: str, mode: str) -> None:
    twin = stage.opened.environment | {"DATABASE_URL": dsn, "ALIPAY_BOT_LISTEN": f"127.0.0.1:{free_port()}"}
    async with serving(given(twin)):
        await asyncio.gather(
            returning(stage.opened.addresses, "en", LINKED, CAMERA),
            first_time(stage.opened.addresses, "en", NEW, RADIO),
        )

    assert [len(charge["refunds"]) for charge in await stage.charges() if charge["paid"] == "5"] == [1]
    assert Counter(event["type"] for event in (await stage.house())["events_received"]) == {
        "verification.completed": 1,
        "verification.refunded": 1,
        "payment.completed": 2,
    }


def assert_each_step_is_shown(stage: Stage, walk: Walk, language: str) -> None:
    """At each step stands a card with its number, and none of a step that is still to come.

    The card before may be drawn once more, as Alipay tells the rate only after the link is open.
    """
    buyer = stage.stranger()
    buyer.language = {"en": "en", "zh-hans": "zh_Hans"}[language]
    count = len(walk.steps)
    lines = {step: without_tags(buyer.step(n, count)) for n, step in enumerate(walk.steps, start=1)}
    coming = list(lines.values())
    for step, line in lines.items():
        coming.remove(line)
        shown = [seen.text for seen in walk.seen if seen.step == step]
        assert any(line in text for text in shown), f"{step} is not shown"
        assert not [text for text in shown for later in coming if later in text]
