"""Each method does what Telegram does: PTB's real client calls, the person sees."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
    User,
)
from telegram.error import BadRequest

from tests.sandbox.telegram.stand import TOKEN, USERNAME, Person, Stand, png


def keyboard(data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Pay", callback_data=data)]])


async def test_the_bot_knows_itself(stand: Stand) -> None:
    me = await stand.bot.get_me()
    assert (me.id, me.username, me.is_bot, me.first_name) == (4242, USERNAME, True, "Auction")


async def test_a_picture_on_this_machine_is_previewed(stand: Stand) -> None:
    async def picture(_request: web.Request) -> web.Response:
        return web.Response(body=png(60, 40), content_type="image/png")

    buyer = await stand.buyer()
    app = web.Application()
    app.add_routes([web.get("/item.png", picture)])
    async with TestServer(app) as server:
        options = LinkPreviewOptions(url=str(server.make_url("/item.png")), show_above_text=True)
        sent = await stand.bot.send_message(buyer.id, "Won", link_preview_options=options)
    assert sent.link_preview_options == options
    preview = (await buyer.sees())[-1]["preview"]
    assert (preview["width"], preview["height"]) == (60, 40)
    async with stand.client.get(f"/media/{preview['file_id']}") as shown:
        assert await shown.read() == png(60, 40)

    await sent.edit_text("Paid", link_preview_options=options)
    assert (await buyer.sees())[-1]["preview"] == preview
    await sent.edit_reply_markup(keyboard("go"))
    assert (await buyer.sees())[-1]["preview"] == preview
    await sent.edit_text("Over", link_preview_options=LinkPreviewOptions(is_disabled=True))
    assert "preview" not in (await buyer.sees())[-1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "https://example.com/item.png"},
        {"url": "http://127.0.0.1:9/item.png"},
        {"url": "http://127.0.0.1:9/item.png", "is_disabled": True},
    ],
)
async def test_what_cannot_be_previewed_is_sent_without(stand: Stand, options: dict[str, object]) -> None:
    buyer = await stand.buyer()
    await stand.bot.send_message(buyer.id, "Won", api_kwargs={"link_preview_options": options})
    assert "preview" not in (await buyer.sees())[-1]


async def test_a_button_keeps_its_style(stand: Stand) -> None:
    buyer = await stand.buyer()
    pay = InlineKeyboardButton("Pay", callback_data="go", api_kwargs={"style": "primary"})
    await stand.bot.send_message(buyer.id, "Won", reply_markup=InlineKeyboardMarkup([[pay]]))
    assert (await buyer.sees())[-1]["reply_markup"]["inline_keyboard"][0][0]["style"] == "primary"


async def test_a_message_with_markup_topic_and_reply(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(
        buyer.id,
        'Lot <b>好<i>x</i></b> at <a href="https://example.com/1">the shop</a>',
        parse_mode="HTML",
        reply_markup=keyboard("go:1"),
        reply_parameters=ReplyParameters(1),
        protect_content=True,
    )
    assert sent.text == "Lot 好x at the shop"
    assert {sent.parse_entity(entity): entity.type for entity in sent.entities} == {
        "好x": "bold",
        "x": "italic",
        "the shop": "text_link",
    }
    assert sent.reply_to_message is not None
    assert sent.reply_to_message.text == "/start"
    assert sent.has_protected_content
    seen = (await buyer.sees())[-1]
    assert seen["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "go:1"


async def test_forms_and_query_strings_are_read_like_json(stand: Stand) -> None:
    buyer = await stand.buyer()
    markup = json.dumps({"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]})
    form = {"chat_id": str(buyer.id), "text": "by form", "reply_markup": markup}
    async with stand.client.post(f"/bot{TOKEN}/SENDMESSAGE", data=form) as response:
        assert (await response.json())["result"]["reply_markup"] == json.loads(markup)
    query = {"chat_id": str(buyer.id), "text": "by query"}
    async with stand.client.get(f"/bot{TOKEN}/sendmessage", params=query) as response:
        assert (await response.json())["ok"] is True


async def test_explicit_entities_are_kept(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won", entities=[MessageEntity("bold", 0, 3)])
    assert sent.entities == (MessageEntity("bold", 0, 3),)


async def test_a_photo_by_upload_by_id_by_url_and_its_download(stand: Stand) -> None:
    async def picture(_request: web.Request) -> web.Response:
        return web.Response(body=png(30, 20), content_type="image/png")

    app = web.Application()
    app.router.add_get("/item.png", picture)
    buyer = await stand.buyer()
    uploaded = await stand.bot.send_photo(buyer.id, png(), caption="<i>QR</i>", parse_mode="HTML")
    assert (uploaded.photo[0].width, uploaded.caption, uploaded.caption_entities[0].type) == (40, "QR", "italic")
    again = await stand.bot.send_photo(buyer.id, uploaded.photo[0].file_id)
    assert again.photo == uploaded.photo
    async with TestServer(app) as shop:
        fetched = await stand.bot.send_photo(buyer.id, str(shop.make_url("/item.png")))
    assert (fetched.photo[0].width, fetched.photo[0].height) == (30, 20)
    file = await stand.bot.get_file(uploaded.photo[0].file_id)
    assert bytes(await file.download_as_bytearray()) == png()


async def test_a_document_keeps_its_name_and_is_no_photo(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_document(buyer.id, b"receipt", filename="receipt.txt")
    assert sent.document is not None
    assert (sent.document.file_name, sent.document.file_size) == ("receipt.txt", 7)
    with pytest.raises(BadRequest, match="Can't use file of type document as photo"):
        await stand.bot.send_photo(buyer.id, sent.document.file_id)


async def test_an_album_is_several_messages_of_one_group(stand: Stand) -> None:
    buyer = await stand.buyer()
    album = await stand.bot.send_media_group(
        buyer.id, [InputMediaPhoto(png(), caption="One"), InputMediaPhoto(png(50, 50))]
    )
    assert [message.caption for message in album] == ["One", None]
    assert len({message.media_group_id for message in album}) == 1


async def test_edits_of_text_keyboard_caption_and_media(stand: Stand) -> None:
    buyer = await stand.buyer()
    text = await stand.bot.send_message(buyer.id, "Won", reply_markup=keyboard("1"))
    photo = await stand.bot.send_photo(buyer.id, png(), caption="Old")
    await text.edit_reply_markup(keyboard("2"))
    await text.edit_text("Paid")
    await photo.edit_caption("New")
    await photo.edit_media(InputMediaDocument(b"receipt", filename="r.txt", caption="Receipt"))
    _, first, second = await buyer.sees()
    assert (first["text"], "reply_markup" in first, "edit_date" in first) == ("Paid", False, True)
    assert (second["caption"], second["document"]["file_name"], "photo" in second) == ("Receipt", "r.txt", False)


async def test_copy_forward_delete_and_reaction(stand: Stand) -> None:
    buyer, other = await stand.buyer(), await stand.buyer()
    photo = await stand.bot.send_photo(buyer.id, png(), caption="Old")
    copied = await stand.bot.copy_message(other.id, buyer.id, photo.message_id, caption="New")
    forwarded = await stand.bot.forward_message(other.id, buyer.id, photo.message_id)
    assert forwarded.forward_origin is not None
    await photo.delete()
    await stand.bot.set_message_reaction(other.id, copied.message_id, "👍")
    assert [message["message_id"] for message in await buyer.sees()] == [1]
    _, copy, forward = await other.sees()
    assert (copy["caption"], copy["reaction"][0]["emoji"]) == ("New", "👍")
    assert (forward["caption"], "forward_origin" in copy) == ("Old", False)


async def test_a_protected_message_is_not_forwarded(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won", protect_content=True)
    with pytest.raises(BadRequest, match="Message can't be forwarded"):
        await sent.forward(buyer.id)


async def test_a_press_waits_for_the_bots_answer(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won", reply_markup=keyboard("pay:1"))
    press = asyncio.create_task(buyer.presses(sent.message_id, "Pay"))
    query = (await stand.one_update()).callback_query
    assert query is not None
    assert (query.data, query.from_user.id, query.message == sent) == ("pay:1", buyer.id, True)
    await query.answer("Opening", show_alert=True)
    assert await press == {"kind": "callback", "answered": True, "text": "Opening", "show_alert": True}
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()


async def test_a_query_expires_after_150_seconds(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "Won", reply_markup=keyboard("pay:1"))
    press = asyncio.create_task(buyer.presses(sent.message_id, "Pay", wait=1))
    query = (await stand.one_update()).callback_query
    stand.time.advance(150)
    assert await press == {"kind": "callback", "answered": False}
    assert query is not None
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()


@pytest.mark.parametrize(
    ("button", "outcome"),
    [
        (InlineKeyboardButton("Pay", url="example.com/pay"), {"kind": "url", "url": "http://example.com/pay"}),
        (InlineKeyboardButton("Pay", copy_text=CopyTextButton("A-1")), {"kind": "copy_text", "text": "A-1"}),
    ],
)
async def test_some_buttons_need_no_bot(stand: Stand, button: InlineKeyboardButton, outcome: dict[str, str]) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(buyer.id, "x", reply_markup=InlineKeyboardMarkup([[button]]))
    assert await buyer.presses(sent.message_id, "Pay") == outcome


async def test_commands_by_scope_and_language(stand: Stand) -> None:
    buyer = await stand.buyer()
    await stand.bot.set_my_commands([BotCommand("help", "Help")])
    await stand.bot.set_my_commands(
        [BotCommand("help", "帮助")], scope=BotCommandScopeAllPrivateChats(), language_code="zh"
    )
    assert (await stand.bot.get_my_commands())[0].description == "Help"
    assert await shown_commands(buyer) == ["帮助"]
    await stand.bot.set_my_commands([("pay", "Pay")], scope=BotCommandScopeChat(buyer.id))
    assert await shown_commands(buyer) == ["Pay"]
    await stand.bot.delete_my_commands(scope=BotCommandScopeChat(buyer.id))
    assert await shown_commands(buyer) == ["帮助"]


async def shown_commands(person: Person) -> list[str]:
    async with person.client.get(f"/people/{person.id}") as response:
        return [command["description"] for command in (await response.json())["commands"]]


async def test_name_and_descriptions_by_language(stand: Stand) -> None:
    await stand.bot.set_my_name("拍卖", language_code="zh")
    await stand.bot.set_my_description("Pays for won lots")
    await stand.bot.set_my_short_description("Pays")
    buyer = await stand.buyer()
    assert (await stand.bot.get_my_name("zh")).name == "拍卖"
    assert (await stand.bot.get_my_description("zh")).description == "Pays for won lots"
    assert (await stand.bot.get_my_short_description()).short_description == "Pays"
    async with stand.client.get(f"/people/{buyer.id}") as response:
        card = (await response.json())["bot"]
    assert (card["name"], card["description"]) == ("拍卖", "Pays for won lots")


async def test_chats_and_members(stand: Stand) -> None:
    buyer = await stand.buyer()
    group_id = await stand.forum(buyer)
    assert (await stand.bot.get_chat(buyer.id)).first_name == "Lin"
    assert (await stand.bot.get_chat(group_id)).is_forum
    own = await stand.bot.get_chat_member(group_id, stand.bot.id)
    assert (own.status, own.user) == ("administrator", User(4242, "Auction", True, username=USERNAME))
    assert (await stand.bot.get_chat_member(group_id, buyer.id)).status == "member"


async def test_topics_live_and_die(stand: Stand) -> None:
    agent = await stand.person("Aki", "ja")
    group_id = await stand.forum(agent)
    topic = await stand.bot.create_forum_topic(group_id, "Lin 42")
    here = topic.message_thread_id
    sent = await stand.bot.send_message(group_id, "Needs help", message_thread_id=here)
    assert (sent.message_thread_id, sent.is_topic_message) == (here, True)
    await agent.says("On it", chat_id=group_id, message_thread_id=here)
    message = (await stand.one_update()).message
    assert message is not None
    assert (message.text, message.message_thread_id, message.chat.id) == ("On it", here, group_id)
    await stand.bot.edit_forum_topic(group_id, here, name="Lin 42, done")
    await stand.bot.close_forum_topic(group_id, here)
    with pytest.raises(BadRequest, match="Topic_not_modified"):
        await stand.bot.close_forum_topic(group_id, here)
    await stand.bot.reopen_forum_topic(group_id, here)
    await stand.bot.delete_forum_topic(group_id, here)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await stand.bot.send_message(group_id, "x", message_thread_id=here)
    with pytest.raises(BadRequest, match="Topic_id_invalid"):
        await stand.bot.close_forum_topic(group_id, here)


async def test_topics_need_the_right_to_manage_them(stand: Stand) -> None:
    group_id = await stand.forum(bot="member")
    with pytest.raises(BadRequest, match="Not enough rights to create a topic"):
        await stand.bot.create_forum_topic(group_id, "Lin")


async def test_typing_is_shown_and_close_answers(stand: Stand) -> None:
    buyer = await stand.buyer()
    assert await stand.bot.send_chat_action(buyer.id, "typing")
    assert await stand.bot.close()
