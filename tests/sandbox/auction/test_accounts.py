"""Linking: whatever strangers do with codes, only the buyer's own yes binds, and only the account shown."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.auction.accounts import LIFETIME, Accounts
from sandbox.auction.errors import HouseError, Missing, Refused
from sandbox.auction.world import Alipay, Buyer
from tests.sandbox.auction.conftest import BEARER, Client, Person, StubBot, state_of

OWNER, THIEF = 1001, 6666


class Desk:
    """Accounts with a clock of its own and one buyer."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.accounts = Accounts(lambda: self.now)
        self.buyer = Buyer("B1", "Mei", Alipay.LINKED)
        self.codes = ["none issued yet"]

    def issue(self) -> None:
        self.codes.append(self.accounts.issue(self.buyer).code)

    def owner_asks(self) -> None:
        self.accounts.request(self.codes[-1], OWNER, "Mei")

    def thief_asks(self) -> None:
        self.accounts.request(self.codes[-1], THIEF, "Mei")

    def reject(self) -> None:
        self.accounts.close(self.buyer)

    def wait(self) -> None:
        self.now += timedelta(minutes=6)

    def disconnect(self) -> None:
        self.accounts.disconnect(self.buyer)


ACTS = [Desk.issue, Desk.owner_asks, Desk.thief_asks, Desk.reject, Desk.wait, Desk.disconnect]


@given(st.lists(st.sampled_from(ACTS), max_size=30))
def test_without_a_confirmation_nothing_is_ever_bound(acts: list[Callable[[Desk], None]]) -> None:
    desk = Desk()
    for act in acts:
        with suppress(HouseError):
            act(desk)
        assert desk.buyer.telegram_user_id is None


@pytest.mark.parametrize(("first", "second"), [(OWNER, THIEF), (THIEF, OWNER)])
def test_a_code_serves_the_first_account_only(first: int, second: int) -> None:
    desk = Desk()
    code = desk.accounts.issue(desk.buyer).code
    desk.accounts.request(code, first, "first")
    desk.accounts.request(code, first, "first")  # its answer was lost
    with pytest.raises(Refused):
        desk.accounts.request(code, second, "second")


def test_the_buyer_confirms_the_account_that_was_shown_and_no_other() -> None:
    desk = Desk()
    desk.accounts.request(desk.accounts.issue(desk.buyer).code, THIEF, "Mei")
    with pytest.raises(Refused):
        desk.accounts.confirm(desk.buyer, OWNER)
    assert desk.buyer.telegram_user_id is None


def test_a_code_ends_after_ten_minutes_and_so_does_a_request() -> None:
    desk = Desk()
    code = desk.accounts.issue(desk.buyer).code
    desk.now += LIFETIME
    with pytest.raises(Missing):
        desk.accounts.request(code, OWNER, "Mei")
    desk.accounts.request(desk.accounts.issue(desk.buyer).code, OWNER, "Mei")
    desk.now += LIFETIME
    with pytest.raises(Refused):
        desk.accounts.confirm(desk.buyer, OWNER)


def test_a_new_code_ends_the_old_one_and_what_it_brought() -> None:
    desk = Desk()
    old = desk.accounts.issue(desk.buyer).code
    desk.accounts.request(old, THIEF, "Mei")
    desk.accounts.request(desk.accounts.issue(desk.buyer).code, OWNER, "Mei")
    with pytest.raises(Missing):
        desk.accounts.request(old, THIEF, "Mei")
    desk.accounts.confirm(desk.buyer, OWNER)
    assert desk.buyer.telegram_user_id == OWNER


def test_one_telegram_account_serves_one_buyer() -> None:
    desk, second = Desk(), Buyer("B2", "Lei", Alipay.LINKED)
    desk.accounts.request(desk.accounts.issue(desk.buyer).code, OWNER, "Mei")
    desk.accounts.request(desk.accounts.issue(second).code, OWNER, "Mei")
    desk.accounts.confirm(desk.buyer, OWNER)
    with pytest.raises(Refused):
        desk.accounts.confirm(second, OWNER)
    with pytest.raises(Refused):
        desk.accounts.issue(desk.buyer)


def test_codes_are_128_random_bits_that_fit_a_start_link() -> None:
    desk = Desk()
    codes = {desk.accounts.issue(desk.buyer).code for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 22 and code.replace("-", "").replace("_", "").isalnum() for code in codes)


async def test_a_stolen_link_shows_a_stranger_whom_the_buyer_rejects(
    person: Person, client: Client, bot: StubBot
) -> None:
    await person.act("/account/connect")
    code = (await person.open("/account")).split("?start=")[1].split('"')[0]
    stolen = {"code": code, "telegram_user_id": THIEF, "telegram_name": "<b>Eve</b>"}
    assert (await client.post("/telegram-links", json=stolen, headers=BEARER)).status == 202

    page = await person.open("/account")
    assert "&lt;b&gt;Eve&lt;/b&gt;" in page
    await person.act("/account/reject")

    assert (await client.post("/telegram-links", json=stolen, headers=BEARER)).status == 409
    assert (await person.send("/account/confirm", telegram_user_id=str(THIEF))).status == 409
    state = await state_of(client)
    assert state["buyers"][0]["telegram_user_id"] is None
    assert state["events_sent"] == []
    assert bot.requests == []
