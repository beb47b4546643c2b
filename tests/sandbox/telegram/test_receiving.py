"""How updates reach the bot: long polling and the webhook."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import Conflict

from tests.sandbox.telegram.stand import TOKEN, Receiver, Stand

Hook = tuple[Receiver, str]


def texts(updates: list[Update]) -> list[str | None]:
    return [update.message.text if update.message else None for update in updates]


async def test_updates_come_in_order_until_the_offset_passes_them(stand: Stand) -> None:
    lin = await stand.person()
    await lin.start("code-1")
    await lin.says("你好 @auction_test_bot https://example.com/1")
    first, second = await stand.bot.get_updates(timeout=0)
    assert second.update_id == first.update_id + 1
    assert first.message is not None
    assert second.message is not None
    assert first.message.text == "/start code-1"
    assert [entity.type for entity in first.message.entities] == ["bot_command"]
    assert [entity.type for entity in second.message.entities] == ["mention", "url"]
    assert first.message.from_user is not None
    assert first.message.from_user.language_code == "zh-hans"
    assert texts(list(await stand.bot.get_updates(timeout=0, limit=1))) == ["/start code-1"]
    assert await stand.bot.get_updates(offset=second.update_id + 1, timeout=0) == ()
    assert await stand.bot.get_updates(timeout=0) == ()


async def test_a_negative_offset_keeps_the_last_ones(stand: Stand) -> None:
    lin = await stand.person()
    for word in ("one", "two", "three"):
        await lin.says(word)
    assert texts(list(await stand.bot.get_updates(offset=-1, timeout=0))) == ["three"]
    assert texts(await stand.updates()) == ["three"]


async def test_long_polling_wakes_for_news_and_ends_in_time(stand: Stand) -> None:
    lin = await stand.person()
    poll = asyncio.create_task(stand.one_update())
    await stand.time.next_sleep()
    await lin.says("hello")
    assert texts([await poll]) == ["hello"]
    idle = asyncio.create_task(stand.bot.get_updates(timeout=30))
    assert await stand.time.next_sleep() == 30
    stand.time.advance(30)
    assert await idle == ()


async def test_a_second_poll_ends_the_first(stand: Stand) -> None:
    first = asyncio.create_task(stand.bot.get_updates(timeout=30))
    await stand.time.next_sleep()
    async with stand.client.get(f"/bot{TOKEN}/getUpdates") as response:
        assert (await response.json())["result"] == []
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_set_webhook_ends_a_poll(stand: Stand, receiver: Hook) -> None:
    poll = asyncio.create_task(stand.bot.get_updates(timeout=30))
    await stand.time.next_sleep()
    await stand.bot.set_webhook(receiver[1])
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll


async def test_allowed_updates_choose_the_kinds_and_stay(stand: Stand) -> None:
    lin = await stand.person()
    await stand.bot.get_updates(timeout=0, allowed_updates=["my_chat_member"])
    await lin.says("not wanted")
    await lin.post("block")
    (update,) = await stand.updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    assert (await stand.bot.get_webhook_info()).allowed_updates == ("my_chat_member",)


async def test_an_edited_message_and_a_group_are_told(stand: Stand) -> None:
    lin = await stand.person()
    said = await lin.says("Payed")
    async with stand.client.put(f"/people/{lin.id}/messages/{said['message_id']}", json={"text": "Paid"}) as edited:
        assert edited.status == 200
    async with stand.client.post("/groups", json={"title": "Agents", "members": [lin.id]}):
        pass
    _, edit, joined = await stand.updates()
    assert edit.edited_message is not None
    assert edit.edited_message.text == "Paid"
    assert joined.my_chat_member is not None
    assert joined.my_chat_member.new_chat_member.status == "administrator"


async def test_messages_wait_a_day_and_no_longer(stand: Stand) -> None:
    lin = await stand.person()
    await lin.says("old")
    stand.time.advance(24 * 3600)
    assert await stand.updates() == []


async def test_the_webhook_carries_the_secret_and_reports_itself(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    lin = await stand.person()
    await lin.says("before")
    await stand.bot.set_webhook(url, secret_token="s3cret", max_connections=5, allowed_updates=["message"])
    update, secret = await hook.got.get()
    assert (update["message"]["text"], secret) == ("before", "s3cret")
    info = await stand.bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (url, 5, ("message",))
    await stand.bot.delete_webhook()
    assert (await stand.bot.get_webhook_info()).url == ""


async def test_pending_updates_are_dropped_on_request(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    lin = await stand.person()
    await lin.says("old")
    await stand.bot.set_webhook(url, drop_pending_updates=True)
    await lin.says("new")
    assert await hook.next_text() == "new"


async def test_a_chat_waits_for_its_turn_while_others_go_on(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    lin, mei = await stand.person(), await stand.person("Mei")
    await lin.says("one")
    sent = await stand.bot.send_message(
        lin.id, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Pay", callback_data="p")]])
    )
    await stand.updates()
    await stand.bot.set_webhook(url)
    hook.gate.clear()
    await lin.says("two")
    assert await hook.next_text() == "two"
    await lin.says("three")
    await mei.says("from another chat")
    assert await hook.next_text() == "from another chat"
    press = asyncio.create_task(lin.presses(sent.message_id, "Pay"))
    assert (await hook.next())["callback_query"]["data"] == "p"
    hook.gate.set()
    assert await hook.next_text() == "three"
    await stand.time.next_sleep()
    stand.time.advance(15)
    assert await press == {"kind": "callback", "answered": False}


async def test_a_refused_update_is_repeated_with_growing_delays(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    hook.answers = [web.Response(status=500) for _ in range(4)]
    lin = await stand.person()
    await lin.says("one")
    await lin.says("two")
    await stand.bot.set_webhook(url)
    for delay in (0, 2, 4, 8):
        assert await hook.next_text() == "one"
        assert await stand.time.next_sleep() == delay
        stand.time.advance(delay)
    assert await hook.next_text() == "one"
    assert await hook.next_text() == "two"
    info = await stand.bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 500"


async def test_retry_after_is_honoured(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    hook.answers = [web.Response(status=503, headers={"Retry-After": "37"})]
    lin = await stand.person()
    await lin.says("one")
    await stand.bot.set_webhook(url)
    assert await hook.next_text() == "one"
    assert await stand.time.next_sleep() == 37
    stand.time.advance(37)
    assert await hook.next_text() == "one"


async def test_a_webhook_that_is_gone_for_23_hours_is_dropped(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    hook.answers = [web.Response(status=410, headers={"Retry-After": "3600"}) for _ in range(25)]
    lin = await stand.person()
    await lin.says("one")
    await stand.bot.set_webhook(url)
    for _ in range(24):
        assert await stand.time.next_sleep() == 3600
        stand.time.advance(3600)
    assert await hook.next_text() == "one"
    while hook.answers:
        await hook.next()
    assert (await stand.bot.get_webhook_info()).url == ""


async def test_a_callback_query_is_not_repeated_past_its_life(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    lin = await stand.buyer()
    sent = await stand.bot.send_message(
        lin.id, "x", reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Pay", callback_data="p")]])
    )
    hook.answers = [web.Response(status=503, headers={"Retry-After": "200"})]
    await stand.bot.set_webhook(url)
    press = asyncio.create_task(lin.presses(sent.message_id, "Pay"))
    await hook.next()
    await stand.time.next_sleep()
    stand.time.advance(15)
    await press
    assert (await stand.bot.get_webhook_info()).pending_update_count == 0


async def test_a_method_in_the_answer_is_executed(stand: Stand, receiver: Hook) -> None:
    hook, url = receiver
    lin = await stand.person()
    hook.answers = [
        web.json_response({"method": "sendMessage", "chat_id": lin.id, "text": "From the answer"}),
        web.json_response({"method": "deleteWebhook"}),
        web.json_response({"method": "sendMessage", "chat_id": 1, "text": "refused, unseen"}),
        web.Response(text="not json", content_type="application/json"),
    ]
    await stand.bot.set_webhook(url)
    for word in ("one", "two", "three", "four", "five"):
        await lin.says(word)
    for word in ("one", "two", "three", "four", "five"):
        assert await hook.next_text() == word
    assert "From the answer" in [message["text"] for message in await lin.sees()]


async def test_an_unreachable_webhook_is_reported(stand: Stand) -> None:
    lin = await stand.person()
    await stand.bot.set_webhook("http://127.0.0.1:9/telegram")
    await lin.says("one")
    assert await stand.time.next_sleep() == 0
    info = await stand.bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (1, "Connection failed: no answer")
