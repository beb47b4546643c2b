"""Connecting a chat with an account at the auction house: only the buyer's own confirmation there binds anything."""

from tests.journeys.stage import CAMERA, LINKED, RADIO, Stage


async def test_what_was_won_before_the_chat_was_connected_waits_for_it(stage: Stage) -> None:
    buyer = stage.stranger(LINKED)
    await buyer.come()
    await buyer.person.browse(f"{buyer.person.at.auction}/")
    await buyer.person.submit(f"{buyer.person.at.auction}/switch", {"buyer_id": LINKED})
    await buyer.person.bid_and_win(CAMERA)
    await stage.quiet()
    assert await buyer.person.messages() == []

    await buyer.person.connect()
    await buyer.sees("payment.won")
    await stage.quiet()

    assert await buyer.texts_seen("payment.won") == 1


async def test_a_stolen_start_link_binds_nothing_without_the_owners_confirmation(stage: Stage) -> None:
    thief = stage.stranger(LINKED, name="小偷")
    await thief.come()
    await thief.person.bring_code()  # the owner's link, in another person's hands
    await thief.sees("code.confirm")

    await thief.shows(CAMERA)

    await thief.sees("connect")
    assert await stage.pool.fetchval("select count(*) from buyer where telegram_user_id is not null") == 0


async def test_the_owner_says_no_and_the_thief_stays_a_stranger(stage: Stage) -> None:
    thief = stage.stranger(LINKED, name="小偷")
    await thief.come()
    await thief.person.bring_code()
    await thief.sees("code.confirm")
    await thief.person.submit(f"{thief.person.at.auction}/account/reject", {})
    await thief.person.bid_and_win(CAMERA)  # as the owner, whose browser this is
    await stage.quiet()

    assert await thief.texts_seen("payment.won") == 0


async def test_a_used_start_code_is_refused(stage: Stage) -> None:
    owner = await stage.buyer(LINKED)
    late = stage.stranger(name="迟到")
    await late.come()

    await late.person.start("long-gone-code")
    await late.sees("code.unknown")

    assert await owner.texts_seen("connected") == 1


async def test_a_disconnected_chat_hears_no_more_of_the_account(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await buyer.person.submit(f"{buyer.person.at.auction}/account/disconnect", {})
    await buyer.sees("disconnected")
    await buyer.person.bid_and_win(CAMERA)
    await stage.quiet()

    await buyer.sees("disconnected")
    await buyer.shows(RADIO)
    await buyer.sees("connect")


async def test_a_chat_that_is_connected_again_gets_what_waits_once(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await buyer.wins(CAMERA)
    await buyer.person.submit(f"{buyer.person.at.auction}/account/disconnect", {})
    await buyer.sees("disconnected")

    await buyer.person.connect()
    await buyer.sees("payment.won")
    await stage.quiet()

    assert await buyer.texts_seen("payment.won") == 1
    assert await buyer.texts_seen("card.retired") == 1  # what is left of the card of the first connection
