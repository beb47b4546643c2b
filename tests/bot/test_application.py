"""The real Application and ExtBot over a stub of Telegram's server: what comes in, and what the desk is told."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from telegram.error import InvalidToken

from bot.application import BotApplication, build_application, feed
from bot.profile import delete_webhook, set_up, set_webhook
from bot.shop_links import ShopLinks
from flow.offers import Act
from flow.steps import RETURNING, Path, Step
from service.errors import Malformed, Unavailable
from service.facts import (
    ChatClosed,
    CodeBrought,
    Command,
    CommandGiven,
    ForeignLinkShown,
    OrderShown,
    Person,
    PersonalFact,
    Pressed,
    ProductShown,
    WordsSaid,
)
from service.receipt import Receipt
from service.sessions import Session
from service.texts import Texts
from tests.bot.stub import TOKEN, Refusal, TelegramStub
from tests.bot.updates import GROUP, PRIVATE, USER, body, message, press

LIN = Person(chat_id=42, user_id=42, name="Lin", language="zh-hans")
ITEM = "https://buyee.jp/item/jdirectitems/auction/t1194609512"
LINKS = ShopLinks("https://buyee.jp/item/jdirectitems/auction/{auction_id}")
ACTS = {Step.OPEN_PAYMENT: Act.PAY, Step.USE_ALIPAY: Act.USE_ALIPAY, Step.PAY_IN_ALIPAY: Act.CHECK}


@dataclass
class Office:
    """A desk that writes down what it is told, and the one memory of every application."""

    session: Session = field(default_factory=Session)
    receipt: Receipt = Receipt.TAKEN
    failure: Exception | None = None
    facts: dict[str, PersonalFact | ChatClosed] = field(default_factory=dict)

    async def load(self, chat_id: int, button_id: str | None = None) -> Session:
        return self.session if button_id is None else replace(self.session, act=button_id)

    async def receive(self, fact_id: str, fact: PersonalFact | ChatClosed) -> Receipt:
        if self.failure:
            raise self.failure
        if fact_id in self.facts:
            return Receipt.SEEN
        self.facts[fact_id] = fact
        return self.receipt

    @property
    def told(self) -> list[PersonalFact | ChatClosed]:
        return list(self.facts.values())


@pytest.fixture
def office() -> Office:
    return Office()


def build(telegram: TelegramStub, office: Office, texts: Texts) -> BotApplication:
    return build_application(token=TOKEN, api_url=telegram.url, memory=office, door=office, texts=texts, links=LINKS)


@pytest.fixture
async def application(telegram: TelegramStub, office: Office, texts: Texts) -> AsyncIterator[BotApplication]:
    async with build(telegram, office, texts) as application:
        yield application


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("/start", CommandGiven(person=LIN, command=Command.START)),
        ("/START@pay_bot", CommandGiven(person=LIN, command=Command.START)),
        ("/start Zq-3_x", CodeBrought(person=LIN, code="Zq-3_x")),
        ("/start verify_t1194609512", ProductShown(person=LIN, auction_id="t1194609512")),
        ("/start pay_A26110001", OrderShown(person=LIN, order_id="A26110001")),
        ("/start verify_me", CodeBrought(person=LIN, code="verify_me")),
        ("/start not a code", CommandGiven(person=LIN, command=Command.START)),
        ("/start " + "x" * 65, CommandGiven(person=LIN, command=Command.START)),
        ("/start code\0", CommandGiven(person=LIN, command=Command.START)),
        *((f"/{command}", CommandGiven(person=LIN, command=command)) for command in Command),
        ("/pay_now", WordsSaid(person=LIN)),
        ("您好", WordsSaid(person=LIN)),
        (f"看这个 {ITEM}?lang=en", ProductShown(person=LIN, auction_id="t1194609512")),
        ("https://buyee.jp.evil.example/item/yahoo/auction/t1194609512", ForeignLinkShown(person=LIN)),
    ],
)
@pytest.mark.parametrize(
    "session",
    [Session(), Session(path=Path.FIRST_TIME, step=Step.LOG_IN), Session(path=Path.RETURNING, step=Step.USE_ALIPAY)],
)
async def test_what_is_written_reaches_the_desk_as_one_fact(
    application: BotApplication, office: Office, session: Session, text: str, fact: PersonalFact
) -> None:
    office.session = session
    await feed(application, message(9, text))
    assert office.facts == {"telegram:9": fact}


async def test_pictures_captions_and_hidden_links_are_read_too(application: BotApplication, office: Office) -> None:
    hidden = [{"type": "text_link", "offset": 0, "length": 4, "url": ITEM}]
    await feed(application, message(1, caption=f"this one {ITEM}"))
    await feed(application, message(2, caption="look", caption_entities=hidden))
    await feed(application, message(3, sticker=None))
    product = ProductShown(person=LIN, auction_id="t1194609512")
    assert office.told == [product, product, WordsSaid(person=LIN)]


async def test_names_are_cleaned_before_anybody_keeps_them(application: BotApplication, office: Office) -> None:
    await feed(application, message(1, "hi", user={**USER, "first_name": "Li\0n\ud800\n", "last_name": "x" * 100}))
    await feed(application, message(2, "hi", user={**USER, "first_name": "\u202e\u202e", "language_code": "zh\0"}))
    first, second = (fact.person for fact in office.told if not isinstance(fact, ChatClosed))
    assert first.name == "Lin " + "x" * 59 + "…"
    assert (second.name, second.language) == ("42", "zh")


@pytest.mark.parametrize(
    ("receipt", "words", "alert"),
    [
        (Receipt.TAKEN, None, None),
        (Receipt.SEEN, None, None),
        (Receipt.DECLINED, "这一步已经过去了，请看最新的进度。", "false"),
        (Receipt.EXPIRED, "这个按钮已经失效。请发送 /start，我会重新显示最新的内容。", "true"),
    ],
)
async def test_a_press_is_answered_exactly_once(
    application: BotApplication,
    office: Office,
    telegram: TelegramStub,
    receipt: Receipt,
    words: str | None,
    alert: str | None,
) -> None:
    office.session, office.receipt = Session(path=Path.RETURNING, step=Step.OPEN_PAYMENT), receipt
    await feed(application, press(5, Act.PAY))
    (answer,) = telegram.said
    assert office.told == [Pressed(person=LIN, button_id=Act.PAY, message_id=7)]
    assert answer.method == "answerCallbackQuery"
    assert answer.parameters["callback_query_id"] == "q5"
    assert answer.parameters.get("text") == words
    assert answer.parameters.get("show_alert") == alert


@pytest.mark.parametrize("data", ["verify", "unheard_of", "\0", "x" * 64])
async def test_a_press_that_no_step_knows_still_goes_to_the_desk(
    application: BotApplication, office: Office, telegram: TelegramStub, data: str
) -> None:
    office.session, office.receipt = Session(path=Path.RETURNING, step=Step.COMPLETED), Receipt.DECLINED
    await feed(application, press(5, data))
    assert [type(fact) for fact in office.told] == [Pressed]
    assert len(telegram.calls_of("answerCallbackQuery")) == 1


async def test_the_chosen_language_is_spoken_rather_than_the_phones(
    application: BotApplication, office: Office, telegram: TelegramStub
) -> None:
    office.session, office.receipt = Session(language="en"), Receipt.DECLINED
    await feed(application, press(5, "x"))
    assert telegram.said[0].parameters["text"] == "This step is behind you. Here is where you are now."


async def test_a_press_whose_answer_comes_too_late_is_taken_all_the_same(
    application: BotApplication, office: Office, telegram: TelegramStub
) -> None:
    telegram.will_answer(
        "answerCallbackQuery", Refusal(400, "Bad Request: query is too old and response timeout expired")
    )
    await feed(application, press(5, "x"))
    assert len(office.told) == 1


async def test_two_applications_take_turns_on_one_chat(telegram: TelegramStub, office: Office, texts: Texts) -> None:
    """What PTB's own ConversationHandler cannot: neither process knows what the other did."""
    async with build(telegram, office, texts) as one, build(telegram, office, texts) as other:
        for number, (step, act) in enumerate(ACTS.items()):
            office.session = Session(path=Path.RETURNING, step=step)
            await feed((one, other)[number % 2], press(number, act))
            await feed((other, one)[number % 2], press(number, act))
    assert office.told == [Pressed(person=LIN, button_id=act, message_id=7) for act in ACTS.values()]
    assert len(telegram.calls_of("answerCallbackQuery")) == 2 * len(ACTS)
    assert set(ACTS) < set(RETURNING)


async def test_when_the_store_is_away_nobody_is_told_and_the_update_may_come_again(
    application: BotApplication, office: Office, telegram: TelegramStub
) -> None:
    office.failure = Unavailable("store")
    with pytest.raises(Unavailable):
        await feed(application, press(5, "x"))
    assert telegram.said == []
    office.failure = None
    await feed(application, press(5, "x"))
    assert len(office.told) == len(telegram.said) == 1


async def test_a_bug_is_told_with_an_id_and_raised_and_logged_without_words(
    application: BotApplication, office: Office, telegram: TelegramStub, caplog: pytest.LogCaptureFixture
) -> None:
    office.failure = ZeroDivisionError("secret words of the buyer")
    with pytest.raises(ZeroDivisionError):
        await feed(application, message(77, "secret words of the buyer"))
    (told,) = telegram.said
    assert told.method == "sendMessage"
    assert "T77" in told.parameters["text"]
    assert "T77" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_bug_behind_a_button_is_told_in_the_answer_to_the_press(
    application: BotApplication, office: Office, telegram: TelegramStub
) -> None:
    office.failure = ZeroDivisionError()
    telegram.will_answer("answerCallbackQuery", Refusal(400, "Bad Request: query is too old"))
    with pytest.raises(ZeroDivisionError):
        await feed(application, press(78, "x"))
    (told,) = telegram.said
    assert told.method == "answerCallbackQuery"
    assert "T78" in told.parameters["text"]


def membership(update_id: int, before: str, after: str, chat: Mapping[str, Any] = PRIVATE) -> bytes:
    """The bot's own standing in a chat changed."""
    return body(
        update_id,
        my_chat_member={
            "chat": chat,
            "from": USER,
            "date": 1,
            "old_chat_member": {"status": before, "user": USER, "until_date": 0},
            "new_chat_member": {"status": after, "user": USER, "until_date": 0},
        },
    )


@pytest.mark.parametrize(
    "update",
    [
        message(1, "https://buyee.jp/item/yahoo/auction/t1194609512", chat=GROUP),
        message(1, "/payments", chat=GROUP),
        press(1, "x", chat=GROUP),
        message(1, chat=PRIVATE, pinned_message={"message_id": 3, "date": 1, "chat": PRIVATE}),
        body(1, edited_message={"message_id": 1, "date": 1, "chat": PRIVATE, "from": USER, "text": "/start"}),
        body(1, callback_query={"id": "q", "from": USER, "chat_instance": "c", "data": "x"}),
        membership(1, "kicked", "member"),
        membership(1, "member", "kicked", chat=GROUP),
        body(1, something_new={"of": "tomorrow"}),
        body(1),
    ],
)
async def test_what_is_not_for_us_is_let_go(
    application: BotApplication, office: Office, telegram: TelegramStub, update: bytes
) -> None:
    await feed(application, update)
    assert office.told == []
    assert telegram.said == []


async def test_a_block_is_known_at_once(application: BotApplication, office: Office) -> None:
    await feed(application, membership(5, "member", "kicked"))
    assert office.facts == {"telegram:5": ChatClosed(chat_id=42, reason="blocked by the buyer")}


async def test_a_group_is_told_where_payments_belong_and_gets_no_link(
    application: BotApplication, office: Office, telegram: TelegramStub
) -> None:
    await feed(application, message(1, "/start@pay_bot", chat=GROUP))
    (said,) = telegram.said
    assert said.parameters["chat_id"] == str(GROUP["id"])
    assert "http" not in said.parameters["text"]
    assert "reply_markup" not in said.parameters
    assert office.told == []


@pytest.mark.parametrize(
    "junk",
    [b"", b"[]", b"{", b"null", b'{"update_id": 1, "message": 7}', b"\xff", b"[" * 100_000, b"{}"],
)
async def test_what_is_no_update_is_malformed(application: BotApplication, office: Office, junk: bytes) -> None:
    with pytest.raises(Malformed):
        await feed(application, junk)
    assert office.told == []


async def test_telegram_learns_the_commands_in_each_language_once(
    application: BotApplication, telegram: TelegramStub, texts: Texts
) -> None:
    await set_up(application.bot, texts, "Buyee & Co")
    commands = telegram.calls_of("setMyCommands")
    assert [call.parameters.get("language_code") for call in commands] == [None, "zh"]
    assert [command["command"] for command in commands[0].json("commands")] == list(Command)
    described = telegram.calls_of("setMyShortDescription")
    assert described[0].parameters["short_description"] == "Pay for auction items from Buyee & Co with Alipay"
    assert len(telegram.calls_of("setMyDescription")) == 2


async def test_the_webhook_is_set_and_ended_without_losing_what_waits(
    application: BotApplication, telegram: TelegramStub
) -> None:
    await set_webhook(application.bot, "https://bot.example.com/", "s3cret")
    await delete_webhook(application.bot)
    was_set, ended = telegram.said
    assert was_set.parameters["url"] == "https://bot.example.com/telegram"
    assert was_set.parameters["secret_token"] == "s3cret"
    assert was_set.json("allowed_updates") == ["message", "callback_query", "my_chat_member"]
    assert was_set.parameters.get("drop_pending_updates", "false") == "false"
    assert ended.parameters.get("drop_pending_updates", "false") == "false"


async def test_the_token_is_in_no_log_and_no_error(
    telegram: TelegramStub, office: Office, texts: Texts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="aiohttp.access")  # the stub's own
    library = logging.getLogger("telegram")
    before = library.level
    try:
        async with build(telegram, office, texts) as application:
            await feed(application, press(5, "x"))
        telegram.will_answer("getMe", Refusal(401, "Unauthorized"))
        with pytest.raises(InvalidToken) as refused:
            async with build(telegram, office, texts):
                pass
    finally:
        library.setLevel(before)
    assert TOKEN not in caplog.text
    assert TOKEN not in str(refused.value)
    assert refused.value.__cause__ is None
