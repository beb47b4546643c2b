"""A person at the switchboard: forms and redirects, no script."""

import re
from html import unescape

import pytest

from sandbox.alipay import Server
from sandbox.alipay.faults import GROUPS
from sandbox.alipay.scenarios import load
from sandbox.alipay.texts import LANGUAGES, Catalog
from tests.sandbox.alipay.conftest import Clock, Merchant, until

BROWSER = {"Accept": "text/html,*/*", "Accept-Language": "en"}


async def read(merchant: Merchant, language: str = "en") -> str:
    async with merchant.client.get("/switchboard", headers={"Accept-Language": language}) as page:
        assert page.status == 200
        return unescape(await page.text())


async def press(merchant: Merchant, path: str, status: int = 200, **form: str) -> str:
    async with merchant.client.post(path, data=form, headers=BROWSER) as page:
        assert page.status == status
        return unescape(await page.text())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everything_is_named_and_explained(merchant: Merchant, language: str) -> None:
    await merchant.paid()
    page, t = await read(merchant, language), Catalog().choose(language)

    for fault in (fault for table in GROUPS.values() for fault in table):
        assert f"<h3>{t(f'fault_{fault}')}</h3>" in page
        assert t(f"fault_{fault}_seen") in page
    for scenario in load().values():
        assert scenario.seen[language] in page
        assert f'action="/scenarios/{scenario.name}"' in page
    assert t("act_tell_failed_seen") in page


async def test_a_fault_is_armed_listed_and_cleared(merchant: Merchant, simulator: Server) -> None:
    armed = await press(merchant, "/switchboard/faults", fault="answer_lost", often="thrice", on="cancel")
    assert "3× left" in armed
    await press(merchant, "/switchboard/faults", fault="notice_repeated", often="always", on="", value="4")

    found = [(each.fault, each.times, each.on, each.value) for each in simulator.faults.armed]
    assert found == [("answer_lost", 3, "cancel", None), ("notice_repeated", None, None, 4)]

    await press(merchant, "/switchboard/faults/clear", fault="answer_lost")
    assert [each.fault for each in simulator.faults.armed] == ["notice_repeated"]
    assert "Nothing is armed" in await press(merchant, "/switchboard/faults/clear")


async def test_notices_are_lost_for_a_minute(merchant: Merchant, simulator: Server, clock: Clock) -> None:
    await press(merchant, "/switchboard/faults", fault="notice_lost", often="minute")

    assert "until Nov 23 13:33" in await read(merchant)
    await merchant.paid("within")
    await until(lambda: simulator.notices[0].outcome == "given_up")
    clock.advance(seconds=60)
    await merchant.paid("after")
    await until(lambda: simulator.notices[1].outcome == "accepted")

    assert [document["paymentRequestId"] for document in merchant.mailbox.documents] == ["after"]
    assert "Nothing is armed" in await read(merchant)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("payment_over_limit", "USER_AMOUNT_EXCEED_LIMIT"),
        ("payment_balance_too_low", "USER_BALANCE_NOT_ENOUGH"),
        ("payment_rejected", "RISK_REJECT"),
    ],
)
async def test_a_refusal_is_armed_for_the_next_payment(merchant: Merchant, fault: str, code: str) -> None:
    await press(merchant, "/switchboard/faults", fault=fault, often="once")

    await merchant.paid()

    assert await merchant.status() == ("FAIL", code)


async def test_the_book_shows_each_charge_with_what_was_paid_and_refunded(merchant: Merchant) -> None:
    await merchant.pay("older")
    payment_id = await merchant.paid("newer")
    await merchant.post("refund", merchant.refund_of(payment_id, value="2"))

    page = await read(merchant)

    newer, older = page.index('id="charge-newer"'), page.index('id="charge-older"')
    assert newer < older
    for seen in ("SUCCESS", "138****0001", "Refund 2 JPY · SUCCESS", "refund-1", "3 JPY"):
        assert seen in page[newer:older]
    assert "older link of the order" in page[older:]
    assert "older link of the order" not in page[newer:older]


async def test_a_charge_is_paid_with_another_amount_by_the_form(merchant: Merchant) -> None:
    await merchant.pay()

    page = await press(merchant, "/switchboard/charges/pay-1", act="pay", value="400", currency="CNY")

    assert "4.00 CNY" in page
    assert (await merchant.status())[0] == "SUCCESS"


async def test_part_of_a_payment_is_refunded_by_the_form(merchant: Merchant) -> None:
    await merchant.paid()

    page = await press(merchant, "/switchboard/charges/pay-1", act="refund", value="2")

    assert "Refund 2 JPY · SUCCESS" in page


async def test_only_what_is_possible_is_offered(merchant: Merchant) -> None:
    await merchant.paid()

    offered = re.findall(r'name="act" value="(\w+)"', await read(merchant))

    assert "pay" not in offered
    assert "refund" in offered


@pytest.mark.parametrize(
    ("path", "form", "status", "why"),
    [
        ("charges/pay-1", {"act": "refund"}, 409, "does not allow this now"),
        ("charges/none", {"act": "pay"}, 409, "does not allow this now"),
        ("charges/pay-1", {"act": "dance"}, 400, "not understood"),
        ("charges/pay-1", {"act": "pay", "value": "many"}, 400, "not understood"),
        ("charges/pay-1", {"act": "pay", "value": "9" * 5000}, 400, "not understood"),
        ("faults", {"fault": "earthquake", "often": "once"}, 400, "not understood"),
        ("faults", {"often": "once"}, 400, "not understood"),
        ("faults", {"fault": "answer_lost", "value": "²"}, 400, "not understood"),
    ],
)
async def test_what_cannot_be_is_explained_on_the_page(
    merchant: Merchant, path: str, form: dict[str, str], status: int, why: str
) -> None:
    await merchant.pay()

    assert why in await press(merchant, f"/switchboard/{path}", status=status, **form)


async def test_a_scenario_is_played_and_stopped_by_its_buttons(merchant: Merchant, simulator: Server) -> None:
    page = await press(merchant, "/scenarios/too_little")
    assert "step 1 of 1" in page

    stopped = await press(merchant, "/switchboard/scenarios/stop")

    assert "stopped" in stopped
    assert [run.state for run in simulator.runs] == ["stopped"]


async def test_what_the_merchant_wrote_is_escaped(merchant: Merchant) -> None:
    await merchant.pay(order={**merchant.order()["order"], "orderDescription": "<script>alert(1)</script>"})

    async with merchant.client.get("/switchboard") as page:
        text = await page.text()
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")

    assert "<script" not in text
