import pytest

from bot.keyboards import UnusableLink, is_openable, keyboard
from flow.offers import Act
from service.buyer_desk import LANGUAGE
from service.languages import LANGUAGES
from service.texts import Texts
from service.views import LinkButton, PressButton


@pytest.mark.parametrize(
    "url", ["https://pay.example.com/go/t", "http://127.0.0.1:8080/go/t", "http://localhost/go/t", "http://[::1]:1/go"]
)
def test_links_that_telegram_takes(url: str) -> None:
    assert is_openable(url)


@pytest.mark.parametrize(
    "url",
    [
        "alipays://platformapi/startapp?appId=20000067",
        "http://pay.example.com/go/t",
        "http://127.0.0.1.example.com/go/t",
        "javascript:alert(1)",
        "tg://resolve?domain=x",
        "https:///go",
        "https://[oops/go",
        "pay.example.com/go/t",
        "",
    ],
)
def test_links_that_would_make_telegram_refuse_the_whole_message(texts: Texts, url: str) -> None:
    assert not is_openable(url)
    with pytest.raises(UnusableLink):
        keyboard(texts, "en", (LinkButton(url=url, act=Act.OPEN_LINK),))


def test_a_press_carries_its_opaque_id_and_nothing_else(texts: Texts) -> None:
    markup = keyboard(texts, "zh_Hans", (PressButton(id="Zq3", act=Act.PAY, subject="j1"),))
    assert markup is not None
    assert markup.to_dict() == {
        "inline_keyboard": [[{"text": "支付这件商品", "callback_data": "Zq3", "style": "primary"}]]
    }


def test_each_language_is_offered_in_its_own_words(texts: Texts) -> None:
    offered = tuple(PressButton(id=f"b{n}", act=LANGUAGE, subject=language) for n, language in enumerate(LANGUAGES))
    markup = keyboard(texts, "en", offered)
    assert markup is not None
    assert [row[0].text for row in markup.inline_keyboard] == ["简体中文", "繁體中文", "English", "日本語"]


def test_no_buttons_make_no_keyboard(texts: Texts) -> None:
    assert keyboard(texts, "en", ()) is None
