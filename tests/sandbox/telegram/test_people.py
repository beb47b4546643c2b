"""The people's side: what they can do, what they watch, who is kept out."""

from __future__ import annotations

import json

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyParameters
from telegram.error import ChatMigrated

from sandbox.telegram import Server
from tests.sandbox.telegram.stand import TOKEN, USERNAME, Person, Stand, png


async def next_event(stream: aiohttp.ClientResponse) -> dict[str, object]:
    async for line in stream.content:
        if line.startswith(b"data: "):
            return dict(json.loads(line.removeprefix(b"data: ")))
    raise AssertionError("the stream ended")


async def test_a_watcher_sees_messages_edits_typing_and_deletions(stand: Stand) -> None:
    buyer = await stand.buyer()
    async with stand.client.get(f"/people/{buyer.id}/events") as stream:
        sent = await stand.bot.send_message(buyer.id, "Won")
        await stand.bot.send_chat_action(buyer.id, "typing")
        await sent.edit_text("Paid")
        await sent.delete()
        kinds = [await next_event(stream) for _ in range(4)]
    assert [event["type"] for event in kinds] == ["message", "action", "edited", "deleted"]


async def test_open_streams_do_not_hold_the_shutdown_up(stand: Stand) -> None:
    buyer = await stand.buyer()
    async with stand.client.get(f"/people/{buyer.id}/events") as stream:
        await stand.client.server.close()
        with pytest.raises(AssertionError, match="the stream ended"):
            await next_event(stream)


async def test_a_watcher_who_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    # A TestServer would cancel the handler when its client leaves; the stand's server does not.
    runner = web.AppRunner(Server(token=TOKEN, username=USERNAME).application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as client:
        async with client.post("/people", json={"first_name": "Lin"}) as added:
            path = f"/people/{(await added.json())['id']}"
        async with client.get(f"{path}/events") as stream:
            await client.post(f"{path}/start", json={})
            await next_event(stream)
            stream.close()
        await client.post(f"{path}/messages", json={"text": "Anybody here?"})
        await client.post(f"{path}/messages", json={"text": "Hello?"})
    await runner.cleanup()
    assert caplog.record_tuples == []


async def test_a_blocked_bot_hears_of_it_and_a_start_unblocks(stand: Stand) -> None:
    buyer = await stand.buyer()
    await buyer.post("block")
    async with stand.client.post(f"/people/{buyer.id}/messages", json={"text": "x"}) as refused:
        assert refused.status == 409
    await buyer.start("again")
    left, joined, message = await stand.updates()
    assert left.my_chat_member is not None
    assert joined.my_chat_member is not None
    assert (left.my_chat_member.new_chat_member.status, joined.my_chat_member.new_chat_member.status) == (
        "kicked",
        "member",
    )
    assert message.message is not None
    assert message.message.text == "/start again"


async def test_a_person_sends_a_photo_that_the_bot_can_send_on(stand: Stand) -> None:
    buyer = await stand.buyer()
    form = aiohttp.FormData({"caption": "My receipt"})
    form.add_field("photo", png(), filename="receipt.png")
    async with stand.client.post(f"/people/{buyer.id}/photos", data=form) as response:
        assert response.status == 201
    message = (await stand.one_update()).message
    assert message is not None
    assert message.caption == "My receipt"
    again = await stand.bot.send_photo(buyer.id, message.photo[0].file_id)
    async with stand.client.get(f"/media/{again.photo[0].file_id}") as response:
        assert (response.content_type, await response.read()) == ("image/png", png())


async def test_agents_press_and_answer_in_a_topic(stand: Stand) -> None:
    agent, outsider = await stand.person("Aki"), await stand.person("Bo")
    group = await stand.forum(agent)
    topic = (await stand.bot.create_forum_topic(group, "Lin")).message_thread_id
    close = InlineKeyboardMarkup([[InlineKeyboardButton("Close", callback_data="close")]])
    asked = await stand.bot.send_message(group, "Help", message_thread_id=topic, reply_markup=close)
    await agent.says("Hello", chat_id=group, message_thread_id=topic, reply_to=asked.message_id)
    message = (await stand.one_update()).message
    assert message is not None
    assert message.reply_to_message is not None
    assert (message.reply_to_message.text, message.message_thread_id) == ("Help", topic)
    assert [seen.get("text") for seen in await agent.sees(chat_id=group)] == [None, "Help", "Hello"]
    async with stand.client.post(
        f"/people/{outsider.id}/press", json={"message_id": asked.message_id, "chat_id": group}
    ) as refused:
        assert refused.status == 404


async def test_a_reply_keyboard_and_a_reply_are_shown(stand: Stand) -> None:
    buyer = await stand.buyer()
    sent = await stand.bot.send_message(
        buyer.id, "Which?", reply_markup=ReplyKeyboardMarkup([["One"]]), reply_parameters=ReplyParameters(1)
    )
    assert sent.reply_markup is None
    seen = (await buyer.sees(after=1))[0]
    assert seen["reply_keyboard"]["keyboard"] == [[{"text": "One"}]]
    assert seen["reply_to_message"]["text"] == "/start"


async def test_a_known_id_keeps_its_history(stand: Stand) -> None:
    lin = await stand.person(id=42)
    await lin.start()
    again = await stand.person("林", id=42, username="lin_42")
    assert [message["text"] for message in await again.sees()] == ["/start"]
    assert (await stand.bot.get_chat("@lin_42")).id == 42
    async with stand.client.get("/people") as response:
        assert [person["first_name"] for person in (await response.json())["people"]] == ["林"]


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("messages", b"{", 400),
        ("messages", b'{"text": " "}', 400),
        ("messages", b'{"text": "x", "chat_id": -1}', 404),
        ("messages", b'{"text": "x", "message_thread_id": 5}', 404),
        ("start", b'{"code": "not a code"}', 400),
        ("press", b'{"message_id": 99}', 404),
        ("press", b'{"message_id": 1, "row": 3}', 404),
        ("photos", b"", 400),
        ("dance", b"", 404),
    ],
)
async def test_a_wrong_act_is_told_apart(stand: Stand, act: str, body: bytes, status: int) -> None:
    buyer = await stand.buyer()
    async with stand.client.post(f"/people/{buyer.id}/{act}", data=body) as response:
        assert response.status == status


@pytest.mark.parametrize("path", ["/people/1", "/people/1/messages", "/people/1/events"])
async def test_unknown_people_are_404_and_words_are_400(stand: Stand, path: str) -> None:
    async with stand.client.get(path) as response:
        assert response.status == 404
    async with stand.client.get(path.replace("1", "one")) as response:
        assert response.status == 400


async def test_faults_are_listed_and_cleared(stand: Stand) -> None:
    await stand.fault("server_error", method="sendMessage", times=2, skip=1)
    async with stand.client.get("/faults") as response:
        assert (await response.json())["faults"][0]["times"] == 2
    async with stand.client.delete("/faults") as response:
        assert await response.json() == {"faults": []}
    async with stand.client.post("/faults", json={"kind": "earthquake"}) as response:
        assert response.status == 400


async def test_a_group_changes_and_shows_itself(stand: Stand) -> None:
    agent: Person = await stand.person("Aki")
    group = await stand.forum()
    async with stand.client.post(f"/groups/{group}/members", json={"person_id": agent.id}):
        pass
    async with stand.client.put(f"/groups/{group}/bot", json={"status": "kicked"}):
        pass
    async with stand.client.get("/groups") as response:
        (card,) = (await response.json())["groups"]
    assert card["members"] == {"4242": "kicked", str(agent.id): "member"}
    assert card["topics"] == [{"id": 1, "name": "General", "closed": False}]
    (update,) = await stand.updates()
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"


async def test_a_basic_group_becomes_a_supergroup_once(stand: Stand) -> None:
    agent: Person = await stand.person("Aki")
    group = await stand.forum(agent, is_basic=True)
    await stand.bot.send_message(group, "before")
    async with stand.client.post(f"/groups/{group}/upgrade") as response:
        card = await response.json()
    assert (card["type"], card["members"]) == ("supergroup", {"4242": "administrator", str(agent.id): "member"})
    left, came = [update.message for update in await stand.updates()]
    assert left is not None
    assert came is not None
    assert (left.chat.id, left.migrate_to_chat_id) == (group, card["id"])
    assert (came.chat.id, came.migrate_from_chat_id) == (card["id"], group)
    with pytest.raises(ChatMigrated) as refusal:
        await stand.bot.send_message(group, "after")
    assert refusal.value.new_chat_id == card["id"]
    await stand.bot.send_message(card["id"], "after")
    async with stand.client.post(f"/groups/{group}/upgrade") as response:
        assert response.status == 409


async def test_other_sites_and_other_host_names_are_kept_out(stand: Stand) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with stand.client.post("/people", json={"first_name": "X"}, headers=headers) as response:
        assert response.status == 403
    async with stand.client.get("/people", headers={"Host": "evil.example:80"}) as response:
        assert response.status == 403
    async with stand.client.get("/people", headers={"Host": "[::1]:80"}) as response:
        assert response.status == 200


async def test_the_page_speaks_the_wished_language_and_escapes_names(stand: Stand) -> None:
    await stand.bot.set_my_name("</script><script>alert(1)</script>")
    for language, word in (("zh-hans", "谁在聊天"), ("zh-TW", "誰在聊天"), ("ja", "だれ"), ("fr", "Who is chatting")):
        async with stand.client.get("/", params={"lang": language}) as response:
            page = await response.text()
            assert word in page
            assert "<script>alert" not in page
            policy = response.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "frame-src http://127.0.0.1:* http://localhost:*;" in policy
            assert policy.endswith("frame-ancestors 'self'")
    buyer = await stand.person(language_code="zh-hant")
    async with stand.client.get("/", params={"person": str(buyer.id)}) as response:
        assert "誰在聊天" in await response.text()


async def test_a_t_me_link_leads_to_the_chat_with_its_code(stand: Stand) -> None:
    async with stand.client.get(f"/t.me/{USERNAME}?start=abc&x=1", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/?start=abc")
    async with stand.client.get("/t.me/another_bot") as response:
        assert response.status == 404


async def test_two_emulators_share_nothing(stand: Stand) -> None:
    await stand.person()
    async with TestClient(TestServer(Server(token=TOKEN, username=USERNAME).application())) as other:
        assert await (await other.get("/people")).json() == {"people": []}
