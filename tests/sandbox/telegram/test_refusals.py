"""Every refusal comes in Telegram's own words, as PTB's real client sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, RetryAfter

from tests.sandbox.telegram.stand import TOKEN, Stand, png

Call = Callable[[Bot, int], Awaitable[Any]]


def url_button(url: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Pay", url=url)]])


def data_button(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Pay", callback_data=data)]])


BAD_CALLS: list[tuple[str, Call]] = [
    ("Message text is empty", lambda bot, chat: bot.send_message(chat, "")),
    ("Message text is empty", lambda bot, chat: bot.send_message(chat, " \n ")),
    ("Message text is empty", lambda bot, chat: bot.send_message(chat, "<b></b>", parse_mode="HTML")),
    ("Message is too long", lambda bot, chat: bot.send_message(chat, "好" * 4097)),
    ("Message is too long", lambda bot, chat: bot.send_message(chat, "😀" * 2049)),
    ("Message caption is too long", lambda bot, chat: bot.send_photo(chat, png(), caption="x" * 1025)),
    ("Unsupported parse_mode", lambda bot, chat: bot.send_message(chat, "*x*", parse_mode="MarkdownV2")),
    (
        'Can\'t parse entities: unsupported start tag "br" at byte offset 3',
        lambda bot, chat: bot.send_message(chat, "好<br>", parse_mode="HTML"),
    ),
    ("Button_data_invalid", lambda bot, chat: bot.send_message(chat, "x", reply_markup=data_button("好" * 22))),
    (
        "Inline keyboard button url 'alipays://pay' is invalid: unsupported url protocol",
        lambda bot, chat: bot.send_message(chat, "x", reply_markup=url_button("alipays://pay")),
    ),
    (
        "Inline keyboard button url 'http://intranet/x' is invalid: wrong http url",
        lambda bot, chat: bot.send_message(chat, "x", reply_markup=url_button("http://intranet/x")),
    ),
    ("Chat not found", lambda bot, _chat: bot.send_message(12345, "x")),
    ("Chat not found", lambda bot, _chat: bot.get_chat("@nobody_here")),
    ("Message thread not found", lambda bot, chat: bot.send_message(chat, "x", message_thread_id=77)),
    ("Message to be replied not found", lambda bot, chat: bot.send_message(chat, "x", reply_to_message_id=99)),
    ("Message to edit not found", lambda bot, chat: bot.edit_message_text("x", chat, 99)),
    ("Message can't be edited", lambda bot, chat: bot.edit_message_text("x", chat, 1)),
    ("Message to delete not found", lambda bot, chat: bot.delete_message(chat, 99)),
    ("Message to copy not found", lambda bot, chat: bot.copy_message(chat, chat, 99)),
    ("Message to forward not found", lambda bot, chat: bot.forward_message(chat, chat, 99)),
    ("Message to react not found", lambda bot, chat: bot.set_message_reaction(chat, 99, "👍")),
    ("Reaction_invalid", lambda bot, chat: bot.set_message_reaction(chat, 1, "🧾")),
    ("Wrong parameter action in request", lambda bot, chat: bot.send_chat_action(chat, "dancing")),
    (
        "Query is too old and response timeout expired or query id is invalid",
        lambda bot, _chat: bot.answer_callback_query("1"),
    ),
    ("Wrong file identifier/http url specified", lambda bot, chat: bot.send_photo(chat, "unknown-file-id")),
    ("Failed to get http url content", lambda bot, chat: bot.send_photo(chat, "https://example.com/a.png")),
    ("Image_process_failed", lambda bot, chat: bot.send_photo(chat, b"not a picture")),
    ("Photo_invalid_dimensions", lambda bot, chat: bot.send_photo(chat, png(210, 10))),
    ("Wrong file_id or the file is temporarily unavailable", lambda bot, _chat: bot.get_file("unknown")),
    (
        "Document can't be mixed with other media types",
        lambda bot, chat: bot.send_media_group(chat, [InputMediaPhoto(png()), InputMediaDocument(b"x")]),
    ),
    (
        "Too many messages to send as an album",
        lambda bot, chat: bot.send_media_group(chat, [InputMediaPhoto(png())] * 11),
    ),
    ("Bot_command_invalid", lambda bot, _chat: bot.set_my_commands([("Pay!", "Pay")])),
    ("Bot_command_description_invalid", lambda bot, _chat: bot.set_my_commands([("pay", "")])),
    ("Invalid language code specified", lambda bot, _chat: bot.set_my_description("x", language_code="zh-hans")),
    ("The chat is not a forum", lambda bot, chat: bot.create_forum_topic(chat, "Lin")),
    ("Member not found", lambda bot, chat: bot.get_chat_member(chat, 999)),
    ("Invalid webhook url specified", lambda bot, _chat: bot.set_webhook("ftp://127.0.0.1/x")),
    (
        "Secret token contains unallowed characters",
        lambda bot, _chat: bot.set_webhook("http://127.0.0.1:1/x", secret_token="a b"),
    ),
    (
        "Bad webhook: failed to resolve host: name or service not known",
        lambda bot, _chat: bot.set_webhook("https://example.com/telegram"),
    ),
]


@pytest.mark.parametrize(("words", "call"), BAD_CALLS, ids=[words for words, _ in BAD_CALLS])
async def test_a_bad_call_is_refused_in_telegrams_words(stand: Stand, words: str, call: Call) -> None:
    buyer = await stand.buyer()
    with pytest.raises(BadRequest) as refusal:
        await call(stand.bot, buyer.id)
    assert str(refusal.value).lower() == words.lower()
    assert [message["text"] for message in await buyer.sees()] == ["/start"]


async def test_the_longest_text_is_counted_after_parsing(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, f"<b>{'&amp;' * 4096}</b>", parse_mode="HTML")
    assert sent.text == "&" * 4096


RAW_CALLS: list[tuple[dict[str, object], str]] = [
    ({"text": "x"}, "Bad Request: chat_id is empty"),
    ({"chat_id": "", "text": "x"}, "Bad Request: chat_id is empty"),
    (
        {"chat_id": 1, "text": "x", "reply_markup": "{"},
        "Bad Request: can't parse reply keyboard markup JSON object",
    ),
    (
        {"chat_id": 1, "text": "x", "reply_markup": "[" * 100_000},
        "Bad Request: can't parse reply keyboard markup JSON object",
    ),
    ({"chat_id": 1, "text": "x", "message_thread_id": "one"}, "Bad Request: invalid message_thread_id specified"),
    (
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "x"}]}},
        'Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    ),
    (
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x"}]]}},
        "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {
            "chat_id": 1,
            "text": "x",
            "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "y", "url": "https://example.com"}]]},
        },
        "Bad Request: can't parse inline keyboard button: exactly one of the optional fields must be used",
    ),
    (
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": ""}]]}},
        "Bad Request: BUTTON_DATA_INVALID",
    ),
    (
        {
            "chat_id": 1,
            "text": "x",
            "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "y", "style": "loud"}]]},
        },
        "Bad Request: can't parse inline keyboard button: invalid button style specified",
    ),
    (
        {"chat_id": 1, "text": "x", "link_preview_options": "none"},
        "Bad Request: can't parse link preview options JSON object",
    ),
]


@pytest.mark.parametrize(("body", "description"), RAW_CALLS)
async def test_what_ptb_would_not_send_is_refused_too(stand: Stand, body: dict[str, object], description: str) -> None:
    async with stand.client.post(f"/bot{TOKEN}/sendMessage", json=body) as response:
        assert response.status == 400
        assert await response.json() == {"ok": False, "error_code": 400, "description": description}


@pytest.mark.parametrize("body", [b"{", b"[1]", b"[" * 100_000])
async def test_a_body_that_is_no_object_is_a_bad_request(stand: Stand, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with stand.client.post(f"/bot{TOKEN}/getMe", data=body, headers=headers) as response:
        assert response.status == 400


async def test_a_loopback_link_is_accepted_on_a_button(stand: Stand) -> None:
    buyer = await stand.buyer()
    markup = url_button("http://127.0.0.1:8080/go/abc")
    assert (await stand.bot.send_message(buyer.id, "x", reply_markup=markup)).reply_markup == markup


async def test_the_same_text_and_keyboard_again_is_no_edit(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won", reply_markup=data_button("1"))
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content and reply markup"):
        await sent.edit_text("<b></b>Won ", parse_mode="HTML", reply_markup=data_button("1"))


async def test_an_edit_must_fit_the_kind_of_message(stand: Stand) -> None:
    buyer = await stand.buyer()
    photo = await stand.bot.send_photo(buyer.id, png())
    text = await stand.bot.send_message(buyer.id, "Won")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("x")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await text.edit_caption("x")


async def test_an_old_message_cannot_be_deleted(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won")
    stand.time.advance(48 * 3600 + 1)
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await sent.delete()


async def test_a_person_who_never_started_the_bot_cannot_be_written_to(stand: Stand) -> None:
    stranger = await stand.person()
    with pytest.raises(BadRequest, match="Chat not found"):
        await stand.bot.send_message(stranger.id, "x")


async def test_a_person_who_blocked_the_bot_or_is_gone(stand: Stand) -> None:
    buyer = await stand.buyer()
    await buyer.post("block")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await stand.bot.send_message(buyer.id, "x")
    await buyer.post("unblock")
    await buyer.post("deactivate")
    with pytest.raises(Forbidden, match="user is deactivated"):
        await stand.bot.send_message(buyer.id, "x")


@pytest.mark.parametrize(
    ("status", "words"),
    [("left", "bot is not a member of the supergroup chat"), ("kicked", "bot was kicked from the supergroup chat")],
)
async def test_a_group_that_the_bot_is_not_in(stand: Stand, status: str, words: str) -> None:
    group_id = await stand.forum(bot=status)
    with pytest.raises(Forbidden, match=words):
        await stand.bot.send_message(group_id, "x")


async def test_a_wrong_token_and_an_unknown_method(stand: Stand) -> None:
    async with stand.client.get("/bot4242:other/getMe") as response:
        assert (response.status, (await response.json())["description"]) == (401, "Unauthorized")
    async with stand.client.get(f"/bot{TOKEN}/getRich") as response:
        assert (response.status, (await response.json())["error_code"]) == (404, 404)


async def test_after_log_out_every_call_is_refused(stand: Stand) -> None:
    await stand.bot.log_out()
    with pytest.raises(BadRequest, match="Logged out"):
        await stand.bot.get_me()


async def test_send_limits_when_switched_on(stand: Stand) -> None:
    buyer = await stand.buyer()
    async with stand.client.put("/limits", json={"enabled": True}) as response:
        assert await response.json() == {"enabled": True}
    for _ in range(3):
        await stand.bot.send_message(buyer.id, "burst")
    with pytest.raises(RetryAfter) as refusal:
        await stand.bot.send_message(buyer.id, "too fast")
    assert refusal.value.retry_after == timedelta(seconds=1)
    stand.time.advance(1)
    await stand.bot.send_message(buyer.id, "in time")


async def test_a_group_takes_twenty_messages_a_minute(stand: Stand) -> None:
    group_id = await stand.forum()
    async with stand.client.put("/limits", json={"enabled": True}):
        pass
    for _ in range(20):
        await stand.bot.send_message(group_id, "x")
    with pytest.raises(RetryAfter):
        await stand.bot.send_message(group_id, "x")


async def test_scripted_faults_hit_the_calls_they_name(stand: Stand) -> None:
    buyer = await stand.buyer()
    await stand.fault("too_many_requests", method="sendMessage", seconds=7)
    await stand.fault("server_error", method="sendMessage", chat_id=buyer.id)
    await stand.fault("blocked", method="sendPhoto")
    with pytest.raises(RetryAfter):
        await stand.bot.send_message(buyer.id, "one")
    with pytest.raises(NetworkError, match="Internal Server Error"):
        await stand.bot.send_message(buyer.id, "two")
    with pytest.raises(Forbidden, match="blocked"):
        await stand.bot.send_photo(buyer.id, png())
    await stand.bot.send_message(buyer.id, "three")
    assert [message["text"] for message in await buyer.sees()] == ["/start", "three"]


async def test_a_fault_may_skip_some_calls_and_last_for_several(stand: Stand) -> None:
    buyer = await stand.buyer()
    await stand.fault("bad_gateway", method="sendMessage", skip=1, times=2)
    await stand.bot.send_message(buyer.id, "first")
    for _ in range(2):
        with pytest.raises(NetworkError, match="Bad Gateway"):
            await stand.bot.send_message(buyer.id, "lost")
    await stand.bot.send_message(buyer.id, "last")
    assert [message["text"] for message in await buyer.sees()] == ["/start", "first", "last"]


async def test_a_lost_answer_has_sent_and_a_timeout_has_not(stand: Stand) -> None:
    buyer = await stand.buyer()
    await stand.fault("lost_answer", method="sendMessage")
    await stand.fault("timeout", method="sendMessage", seconds=0)
    with pytest.raises(NetworkError):
        await stand.bot.send_message(buyer.id, "sent, answer lost")
    stand.time.advance(1)
    call = stand.bot.send_message(buyer.id, "never sent")
    with pytest.raises(NetworkError):
        await _while_time_passes(stand, call)
    assert [message["text"] for message in await buyer.sees()] == ["/start", "sent, answer lost"]


async def _while_time_passes(stand: Stand, call: Awaitable[object]) -> None:
    running = asyncio.ensure_future(call)
    await stand.time.next_sleep()
    stand.time.advance(1)
    await running


async def test_get_updates_and_a_webhook_exclude_each_other(stand: Stand) -> None:
    await stand.bot.set_webhook("http://127.0.0.1:1/telegram")
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await stand.bot.get_updates()
    await stand.bot.delete_webhook()
    assert await stand.bot.get_updates() == ()
