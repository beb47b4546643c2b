"""Scenarios are data, and each can be played."""

from typing import Any

import pytest

from sandbox.alipay import Server
from sandbox.alipay.faults import GROUPS
from sandbox.alipay.portal import ACTS, CONDITIONS
from sandbox.alipay.scenarios import PATIENCE, Arm, Do, Run, load
from sandbox.alipay.texts import LANGUAGES
from tests.sandbox.alipay.conftest import Clock, Merchant, until


async def play(merchant: Merchant, name: str, status: int = 202) -> Any:
    async with merchant.client.post(f"/scenarios/{name}") as answer:
        assert answer.status == status
        return await answer.json()


async def listing(merchant: Merchant) -> Any:
    async with merchant.client.get("/scenarios") as answer:
        return await answer.json()


async def ended(simulator: Server) -> Run:
    """The last run, once it is over."""
    run = simulator.runs[-1]
    await until(lambda: run.state != "playing")
    return run


async def test_paid_after_expiry(merchant: Merchant, simulator: Server, clock: Clock) -> None:
    await merchant.pay()

    await play(merchant, "paid_after_expiry")
    await until(lambda: simulator.runs[0].step == 2)
    assert await merchant.status() == ("FAIL", "ORDER_IS_CLOSED")
    clock.advance(seconds=5)

    assert (await ended(simulator)).state == "done"
    assert await merchant.status() == ("SUCCESS", "SUCCESS")


async def test_paid_after_the_order_was_cancelled(merchant: Merchant, simulator: Server) -> None:
    await play(merchant, "paid_after_cancellation")
    await merchant.pay()
    await merchant.post("cancel", {"paymentRequestId": "pay-1"})

    assert (await ended(simulator)).state == "done"
    assert (await merchant.status())[0] == "SUCCESS"


async def test_a_link_that_was_replaced_does_not_count_as_a_cancelled_order(
    merchant: Merchant, simulator: Server
) -> None:
    await merchant.pay("replaced")
    await merchant.post("cancel", {"paymentRequestId": "replaced"})
    await merchant.pay("newer")
    await play(merchant, "paid_after_cancellation")

    await merchant.post("cancel", {"paymentRequestId": "newer"})

    assert (await ended(simulator)).wire()["paymentRequestId"] == "newer"


async def test_paid_twice_waits_for_the_second_link(merchant: Merchant, simulator: Server) -> None:
    await merchant.pay("older")
    await play(merchant, "paid_twice")
    await until(lambda: simulator.runs[0].step == 2)

    await merchant.paid("newer")

    assert (await ended(simulator)).wire()["paymentRequestId"] == "older"
    assert [await merchant.status(name) for name in ("older", "newer")] == [("SUCCESS", "SUCCESS")] * 2


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("too_little", {"currency": "JPY", "value": "4"}),
        ("too_much", {"currency": "JPY", "value": "105"}),
        ("another_currency", {"currency": "CNY", "value": "24"}),
    ],
)
async def test_another_amount_comes_once_a_link_is_open(
    merchant: Merchant, simulator: Server, name: str, amount: dict[str, str]
) -> None:
    await merchant.paid("earlier")
    await play(merchant, name)

    await merchant.pay()
    await ended(simulator)

    told = await merchant.post("inquiryPayment", {"paymentRequestId": "pay-1"})
    assert (told["paymentStatus"], told["paymentAmount"]) == ("SUCCESS", amount)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("unknown_id", ["PAYMENT_RESULT", "REFUND_RESULT"]),
        ("success_then_processing", ["PAYMENT_PENDING"]),
        ("success_then_fail", ["PAYMENT_RESULT"]),
        ("refund_in_portal", ["REFUND_RESULT"]),
        ("reversal_in_portal", []),
        ("wallet_unlinked", ["TOKEN_CANCELED"]),
    ],
)
async def test_what_follows_a_paid_payment_is_told(
    merchant: Merchant, simulator: Server, name: str, kinds: list[str]
) -> None:
    await merchant.paid()

    await play(merchant, name)

    assert (await ended(simulator)).state == "done"
    assert [notice.kind for notice in simulator.notices] == ["PAYMENT_RESULT", *kinds]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("refund_refused", "refund_refused"),
        ("refund_in_process", "refund_in_process"),
        ("notices_lost", "notice_lost"),
        ("unknown_for_long", "unknown_before"),
        ("answer_lost", "answer_lost"),
        ("request_lost", "request_lost"),
        ("limit_exceeded", "payment_over_limit"),
        ("balance_too_low", "payment_balance_too_low"),
        ("risk_rejected", "payment_rejected"),
        ("pending_for_long", "payment_pending"),
    ],
)
async def test_what_is_armed_waits_for_its_occasion(
    merchant: Merchant, simulator: Server, name: str, fault: str
) -> None:
    await play(merchant, name)

    assert (await ended(simulator)).state == "done"
    assert [armed.fault for armed in simulator.faults.armed] == [fault]


async def test_nobody_waits_for_ever(merchant: Merchant, simulator: Server, clock: Clock) -> None:
    await play(merchant, "too_little")

    clock.advance(seconds=PATIENCE.total_seconds())

    assert (await ended(simulator)).state == "given_up"


async def test_what_is_playing_can_be_stopped(merchant: Merchant, simulator: Server) -> None:
    await play(merchant, "too_little")

    async with merchant.client.delete("/scenarios") as answer:
        [run] = (await answer.json())["runs"]
    await merchant.pay()

    assert run["state"] == "stopped"
    assert (await merchant.status())[0] == "PROCESSING"


async def test_the_list_says_what_there_is_and_how_far_each_is(merchant: Merchant, simulator: Server) -> None:
    await play(merchant, "answer_lost")
    await ended(simulator)

    found = await listing(merchant)

    assert [each["name"] for each in found["scenarios"]] == list(load())
    assert [(run["name"], run["state"], run["step"]) for run in found["runs"]] == [("answer_lost", "done", 1)]


async def test_a_scenario_that_does_not_exist_is_not_found(merchant: Merchant, simulator: Server) -> None:
    assert "error" in await play(merchant, "earthquake", status=404)
    assert simulator.runs == []


@pytest.mark.parametrize("scenario", load().values(), ids=lambda scenario: scenario.name)
def test_the_data_names_what_exists_in_every_language(scenario: Any) -> None:
    known = {fault for table in GROUPS.values() for fault in table}

    for text in (scenario.title, scenario.seen):
        assert set(text) == set(LANGUAGES)
        assert all(text.values())
    for step in scenario.steps:
        if isinstance(step, Arm):
            assert step.wish["fault"] in known
        if isinstance(step, Do):
            assert step.deed.act in ACTS
            assert step.when is None or step.when in CONDITIONS
