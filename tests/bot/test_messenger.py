"""The messenger against a scripted server: what Telegram is asked, and what we make of its answers."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from telegram.ext import ExtBot

from bot.messenger import TelegramMessenger
from bot.request import AiohttpRequest
from flow.journey import Kind
from flow.offers import Act
from flow.states import Payment, Verification
from service.ports import Messenger
from service.staff import Call, Case
from service.texts import Texts
from service.views import LinkButton, Moved, NoteView, PressButton, Sent, Undeliverable, View, Wait
from tests.bot.examples import CHAT, IMAGE, PAGE, SHOP, card_view, journey
from tests.bot.stub import DROPPED, TOKEN, Refusal, TelegramStub

WON = card_view(journey(Kind.PAYMENT, Payment.WON))
LINKED = card_view(journey(Kind.PAYMENT, Payment.LINK_SENT))
GREETING = NoteView(chat_id=CHAT, language="en", text="connected", values={"name": "<Lin>"})


@pytest.fixture
async def messenger(telegram: TelegramStub, texts: Texts) -> AsyncIterator[Messenger]:
    request = AiohttpRequest()
    async with ExtBot[None](TOKEN, f"{telegram.url}bot", request=request, get_updates_request=request) as bot:
        yield TelegramMessenger(bot, texts, SHOP)


async def test_a_card_is_sent_with_its_buttons_and_its_image_as_a_preview(
    messenger: Messenger, telegram: TelegramStub
) -> None:
    assert await messenger.deliver(LINKED) == Sent(message_id=101)
    (sent,) = telegram.said
    assert sent.parameters["parse_mode"] == "HTML"
    assert sent.json("reply_markup")["inline_keyboard"] == [
        [{"text": "Open Alipay", "url": PAGE, "style": "primary"}],
        [{"text": "New link", "callback_data": "b-new_link"}],
        [{"text": "Not now", "callback_data": "b-cancel"}],
    ]
    assert sent.json("link_preview_options") == {"url": IMAGE, "show_above_text": True, "prefer_large_media": True}


async def test_a_note_shows_no_preview_and_escapes_its_values(messenger: Messenger, telegram: TelegramStub) -> None:
    await messenger.deliver(GREETING)
    (sent,) = telegram.said
    assert sent.parameters["text"].startswith("Hello &lt;Lin&gt;, this chat is now connected to your Buyee account.")
    assert sent.json("link_preview_options") == {"is_disabled": True}
    assert "reply_markup" not in sent.parameters


async def test_a_known_card_is_edited_in_its_place(messenger: Messenger, telegram: TelegramStub) -> None:
    assert await messenger.deliver(WON, replacing=7) == Sent(message_id=7, how="edited")
    (edited,) = telegram.said
    assert edited.method == "editMessageText"
    assert edited.parameters["message_id"] == "7"
    assert json.loads(edited.parameters["reply_markup"])["inline_keyboard"]


async def test_a_card_that_already_looks_so_hangs_where_it_was(messenger: Messenger, telegram: TelegramStub) -> None:
    telegram.will_answer("editMessageText", Refusal(400, "Bad Request: message is not modified: specified new ..."))
    assert await messenger.deliver(WON, replacing=7) == Sent(message_id=7, how="unchanged")
    assert len(telegram.said) == 1


@pytest.mark.parametrize("words", ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID"])
async def test_where_the_card_is_gone_a_new_one_is_sent(
    messenger: Messenger, telegram: TelegramStub, words: str
) -> None:
    telegram.will_answer("editMessageText", Refusal(400, f"Bad Request: {words}"))
    assert await messenger.deliver(WON, replacing=7) == Sent(message_id=101)
    assert [call.method for call in telegram.said] == ["editMessageText", "sendMessage"]


@pytest.mark.parametrize("replacing", [None, 7])
async def test_refused_markup_is_said_once_more_in_plain_words(
    messenger: Messenger, telegram: TelegramStub, replacing: int | None
) -> None:
    refusal = Refusal(400, "Bad Request: can't parse entities: Unsupported start tag")
    telegram.will_answer("sendMessage", refusal)
    telegram.will_answer("editMessageText", refusal)
    assert isinstance(await messenger.deliver(GREETING, replacing=replacing), Sent)
    _, plain = telegram.said
    assert plain.parameters["text"].startswith("Hello <Lin>,")
    assert "parse_mode" not in plain.parameters


async def test_markup_that_is_refused_even_in_plain_words_is_given_up(
    messenger: Messenger, telegram: TelegramStub
) -> None:
    telegram.will_answer("sendMessage", *[Refusal(400, "Bad Request: can't parse entities: ...")] * 2)
    assert await messenger.deliver(GREETING) == Undeliverable(reason="BadMarkup")


@pytest.mark.parametrize("replacing", [None, 7])
@pytest.mark.parametrize(
    ("answer", "delivery"),
    [
        (
            Refusal(429, "Too Many Requests: retry after 7", {"retry_after": 7}),
            Wait(seconds=7, reason="too many calls", throttled=True),
        ),
        (Refusal(403, "Forbidden: bot was blocked by the user"), Undeliverable(reason="blocked", unreachable=True)),
        (Refusal(400, "Bad Request: chat not found"), Undeliverable(reason="not_found", unreachable=True)),
        (Refusal(401, "Unauthorized"), Wait(seconds=60, reason="Telegram refuses the token")),
        (
            Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1009}),
            Moved(chat_id=-1009),
        ),
    ],
)
async def test_what_telegram_says_becomes_what_the_line_does(
    messenger: Messenger, telegram: TelegramStub, replacing: int | None, answer: Refusal, delivery: object
) -> None:
    telegram.will_answer("sendMessage" if replacing is None else "editMessageText", answer)
    assert await messenger.deliver(WON, replacing=replacing) == delivery
    assert len(telegram.said) == 1


@pytest.mark.parametrize("answer", [DROPPED, Refusal(502, "Bad Gateway")])
async def test_an_unclear_send_waits_to_be_repeated(
    messenger: Messenger, telegram: TelegramStub, answer: Refusal | str
) -> None:
    telegram.will_answer("sendMessage", answer)
    assert isinstance(await messenger.deliver(WON), Wait)


async def test_a_refusal_for_good_is_not_repeated(messenger: Messenger, telegram: TelegramStub) -> None:
    telegram.will_answer("sendMessage", Refusal(400, "Bad Request: message text is empty"))
    delivery = await messenger.deliver(WON)
    assert isinstance(delivery, Undeliverable)
    assert not delivery.unreachable


@pytest.mark.parametrize(
    "view",
    [
        card_view(journey(Kind.VERIFICATION, Verification.LINK_SENT)),
        NoteView(chat_id=CHAT, language="en", text="connect", buttons=(LinkButton(url=PAGE, act=Act.OPEN_ITEM),)),
    ],
)
async def test_a_link_never_goes_to_a_group(messenger: Messenger, telegram: TelegramStub, view: View) -> None:
    assert await messenger.deliver(replace(view, chat_id=-100500)) == Undeliverable(
        reason="links go to private chats only"
    )
    assert telegram.said == []


async def test_words_may_go_to_the_staffs_group(messenger: Messenger) -> None:
    values = Case(buyer_id="b1", about="p1-1").values()
    why = {"why": f"staff.{Call.CHARGE_DIFFERS}"}
    view = NoteView(chat_id=-100500, language="en", text="staff.case", values=values, texts=why)
    assert isinstance(await messenger.deliver(view), Sent)


async def test_a_link_that_telegram_refuses_is_never_sent(messenger: Messenger, telegram: TelegramStub) -> None:
    bad = card_view(
        journey(Kind.PAYMENT, Payment.LINK_SENT),
        offered=(
            LinkButton(url="alipays://platformapi/startapp", act=Act.OPEN_LINK),
            PressButton(id="x", act="cancel"),
        ),
    )
    delivery = await messenger.deliver(bad)
    assert isinstance(delivery, Undeliverable)
    assert "alipays" not in delivery.reason
    assert telegram.said == []


async def test_an_old_card_loses_its_buttons(messenger: Messenger, telegram: TelegramStub) -> None:
    assert await messenger.retire(WON, 7) == Sent(message_id=7, how="edited")
    assert telegram.said[0].method == "editMessageText"
    assert "reply_markup" not in telegram.said[0].parameters


@pytest.mark.parametrize("words", ["message to edit not found", "message can't be edited", "message is not modified"])
async def test_an_old_message_that_is_gone_is_left_alone(
    messenger: Messenger, telegram: TelegramStub, words: str
) -> None:
    telegram.will_answer("editMessageText", *[Refusal(400, f"Bad Request: {words}")] * 2)
    assert await messenger.retire(WON, 7) == Sent(message_id=7, how="unchanged")
    assert await messenger.amend(GREETING, 8) == Sent(message_id=8, how="unchanged")
    assert [call.parameters["message_id"] for call in telegram.said] == ["7", "8"]


async def test_an_old_card_waits_as_long_as_telegram_asks(messenger: Messenger, telegram: TelegramStub) -> None:
    telegram.will_answer("editMessageText", Refusal(429, "Too Many Requests: retry after 7", {"retry_after": 7}))
    assert await messenger.retire(WON, 7) == Wait(seconds=7, reason="too many calls", throttled=True)
