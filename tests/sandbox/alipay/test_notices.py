"""Notices are sent until the merchant confirms them."""

from typing import Any

import pytest

from sandbox.alipay import Server
from sandbox.alipay.notices import ANTOM_DELAYS
from tests.sandbox.alipay.conftest import SUCCESS, Merchant, until


def only(simulator: Server) -> tuple[str, list[str]]:
    [notice] = simulator.notices
    return notice.outcome, [attempt.outcome for attempt in notice.tries]


async def test_a_notice_is_repeated_until_it_is_confirmed(merchant: Merchant, simulator: Server) -> None:
    merchant.mailbox.script = [(500, SUCCESS), (200, {"result": {"resultCode": "SUCCESS", "resultStatus": "U"}})]

    await merchant.paid()
    await until(lambda: simulator.notices[0].outcome != "waiting")

    assert only(simulator) == ("accepted", ["refused (500)", "refused (200)", "accepted"])
    assert merchant.mailbox.documents[0] == merchant.mailbox.documents[2]


@pytest.mark.parametrize("answer", [(200, {}), (200, []), (200, "ok"), (201, SUCCESS), (307, SUCCESS)])
async def test_only_the_success_body_with_200_confirms(
    merchant: Merchant, simulator: Server, answer: tuple[int, Any]
) -> None:
    merchant.mailbox.script = [answer]

    await merchant.paid()
    await until(lambda: simulator.notices[0].outcome == "accepted")

    assert only(simulator) == ("accepted", [f"refused ({answer[0]})", "accepted"])


async def test_a_notice_is_given_up_after_the_last_try(merchant: Merchant, simulator: Server) -> None:
    merchant.mailbox.script = [(503, {})] * 9

    await merchant.paid()
    await until(lambda: simulator.notices[0].outcome != "waiting")

    assert only(simulator) == ("given_up", ["refused (503)"] * 4)


async def test_nobody_listening_counts_as_a_try(merchant: Merchant, simulator: Server) -> None:
    await merchant.paid(paymentNotifyUrl="http://127.0.0.1:1/antom/notify")
    await until(lambda: simulator.notices[0].outcome != "waiting")

    assert only(simulator) == ("given_up", ["ClientConnectorError"] * 4)


async def test_a_refund_without_an_address_is_not_told(merchant: Merchant, simulator: Server) -> None:
    payment_id = await merchant.paid()
    refund = merchant.refund_of(payment_id)
    del refund["refundNotifyUrl"]

    await merchant.post("refund", refund)

    assert [notice.kind for notice in simulator.notices] == ["PAYMENT_RESULT"]


async def test_stopping_ends_the_notices_under_way(merchant: Merchant, simulator: Server) -> None:
    simulator.faults.arm("notice_delayed", value=600)
    await merchant.paid()

    await merchant.client.close()

    assert simulator.notices[0].outcome == "waiting"


def test_the_documented_schedule_has_eight_tries_in_a_day() -> None:
    assert len(ANTOM_DELAYS) == 8
    assert 24 * 3600 <= sum(ANTOM_DELAYS) <= 25 * 3600
