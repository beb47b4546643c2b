"""The Alipay account is unlinked: in the wallet, in the chat, or at the auction house."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flow.linked import Alipay
from flow.offers import Act
from flow.states import Payment, State, Verification
from flow.steps import Path
from service.buyer_desk import UNLINK
from service.facts import BuyerTold, Command, Fact, Intent, WalletUnlinked
from service.receipt import Receipt
from service.records import Buyer
from service.work import OfferUnlink
from tests.service.examples import JPY_5, NOW, ORDER
from tests.service.story import CHAT, ITEM, WALLET, Story, alipay_is, given, paid, won

LATER = NOW + timedelta(minutes=5)
OTHER_ITEM = replace(ITEM, auction_id="t2")
OTHER_ORDER = replace(ORDER, order_id="o2", auction_id="t2")
IN_WALLET = WalletUnlinked(wallet_id=WALLET, at=LATER)


async def paid_once(story: Story) -> None:
    """The buyer paid an item, so that the wallet is known."""
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    await story.news()


def watching() -> Fact:
    """The buyer showed an item that is not won yet."""
    return BuyerTold(buyer_id="b1", intent=Intent.ITEM, alipay=Alipay.LINKED, at=NOW, item=OTHER_ITEM)


async def states(story: Story) -> list[State]:
    async with story.store.transaction() as tx:
        return [journey.state for journey in await tx.journeys("b1")]


async def test_unlinked_in_the_wallet_the_buyer_is_told_and_has_to_verify_anew(story: Story) -> None:
    await paid_once(story)
    news = await story.after(IN_WALLET)
    assert (news.told, news.calls, news.reports) == (["unlinked.in_wallet"], [], [])
    link = (await story.buyer()).link
    assert (link.alipay, link.at) == (Alipay.NOT_LINKED, LATER)
    assert (await story.after(WalletUnlinked(wallet_id=WALLET, at=LATER))).told == []


async def test_all_who_paid_from_the_wallet_are_unlinked(story: Story) -> None:
    await paid_once(story)
    async with story.store.transaction() as tx:
        await tx.save_buyer(Buyer(buyer_id="b2", wallet_id=WALLET))
    assert await story.take(IN_WALLET) == [Receipt.TAKEN]
    async with story.store.transaction() as tx:
        assert [buyer.link.alipay for buyer in await tx.buyers_of_wallet(WALLET)] == [Alipay.NOT_LINKED] * 2


async def test_a_wallet_that_nobody_paid_from_is_declined(story: Story) -> None:
    assert await story.take(WalletUnlinked(wallet_id="wallet-9", at=LATER)) == [Receipt.DECLINED]


async def test_unlinked_before_the_newest_link_means_nothing(story: Story) -> None:
    await paid_once(story)
    await story.take(alipay_is(Alipay.LINKED, at=LATER + timedelta(seconds=1)))
    news = await story.after(IN_WALLET)
    assert (news.told, (await story.buyer()).link.alipay) == ([], Alipay.LINKED)


async def test_the_command_asks_and_only_the_button_unlinks(story: Story) -> None:
    news = await story.after(given(Command.UNLINK))
    assert (news.work, news.told) == ([OfferUnlink(chat_id=CHAT)], [])
    assert (await story.buyer()).link.alipay is Alipay.LINKED

    story.clock.time = LATER
    assert await story.push(UNLINK, "b1") is Receipt.TAKEN
    news = await story.news()
    assert (news.told, news.calls) == (["unlinked.here"], ["unlink_asked"])
    assert (await story.buyer()).link.alipay is Alipay.NOT_LINKED
    assert (await story.after(given(Command.UNLINK))).told == ["unlink.not_linked"]


async def test_nobody_unlinks_another_buyer(story: Story) -> None:
    async with story.store.transaction() as tx:
        await tx.save_buyer(Buyer(buyer_id="b2"))
    assert await story.push(UNLINK, "b2") is Receipt.EXPIRED
    assert (await story.news()).calls == []


async def unlink(story: Story, how: str) -> None:
    match how:
        case "wallet":
            await story.take(IN_WALLET)
        case "chat":
            story.clock.time = LATER
            await story.push(UNLINK, "b1")
        case _:
            await story.take(alipay_is(Alipay.NOT_LINKED, LATER))


@pytest.mark.parametrize("how", ["wallet", "chat", "event"])
async def test_however_it_was_unlinked_a_verification_is_offered_for_the_item_that_waits(
    story: Story, how: str
) -> None:
    await paid_once(story)
    await story.take(watching())
    await unlink(story, how)
    assert await states(story) == [Payment.PAID, Payment.WATCHING, Verification.OFFERED]
    assert (await story.journey(None)).item == OTHER_ITEM
    assert "redraw" in (await story.news()).cards


@pytest.mark.parametrize("how", ["wallet", "chat", "event"])
async def test_what_is_won_can_still_be_paid_and_no_verification_is_pressed_on_anybody(story: Story, how: str) -> None:
    await paid_once(story)
    await story.take(won(OTHER_ORDER))
    await unlink(story, how)
    assert await states(story) == [Payment.PAID, Payment.WON]
    await story.press(Act.PAY, Act.USE_ALIPAY, order_id="o2")
    assert (await story.journey("o2")).state is Payment.LINK_SENT


@pytest.mark.parametrize("how", ["wallet", "chat", "event"])
async def test_however_it_was_unlinked_the_path_follows(story: Story, how: str) -> None:
    await paid_once(story)
    await story.take(won(OTHER_ORDER))
    assert (await story.journey("o2")).path is Path.RETURNING
    await unlink(story, how)
    assert (await story.journey("o2")).path is Path.FIRST_TIME
    await story.take(alipay_is(Alipay.LINKED, LATER + timedelta(seconds=1)))
    assert (await story.journey("o2")).path is Path.RETURNING


async def test_a_link_that_is_open_is_left_alone(story: Story) -> None:
    await story.opened()
    news = await story.after(alipay_is(Alipay.NOT_LINKED, LATER))
    assert (await states(story), news.work) == ([Payment.OPENED], [])
    assert (await story.journey()).path is Path.RETURNING


async def test_linked_again_the_offer_falls_away(story: Story) -> None:
    await story.take(watching(), alipay_is(Alipay.NOT_LINKED, LATER))
    assert await states(story) == [Payment.WATCHING, Verification.OFFERED]
    await story.take(alipay_is(Alipay.LINKED, LATER + timedelta(seconds=1)))
    assert await states(story) == [Payment.WATCHING, Verification.NOT_NEEDED]


async def test_a_late_word_of_an_old_verification_links_nobody_who_unlinked_since(story: Story) -> None:
    charge_id = await story.verifying()
    await story.take(alipay_is(Alipay.NOT_LINKED, LATER))
    story.clock.time = LATER + timedelta(hours=1)
    await story.take(paid(charge_id, JPY_5, at=NOW + timedelta(seconds=30)))
    assert (await story.buyer()).link.alipay is Alipay.NOT_LINKED
