import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.shop_links import ShopLinks, urls_in

TEMPLATE = "https://buyee.jp/item/jdirectitems/auction/{auction_id}"
ITEM = "https://buyee.jp/item/jdirectitems/auction/t1194609512"

SHOP = ShopLinks(TEMPLATE)


@pytest.mark.parametrize(
    "url",
    [
        ITEM,
        f"{ITEM}?lang=en",
        f"{ITEM}?conversionType=top#photos",
        f"{ITEM}/",
        f"{ITEM}/detail",
        "http://buyee.jp/item/jdirectitems/auction/t1194609512",
        "https://buyee.jp:443/item/jdirectitems/auction/t1194609512",
        "HTTPS://BUYEE.JP/item/jdirectitems/auction/T1194609512",
        "https://buyee.jp/item/yahoo/auction/t1194609512",
        "buyee.jp/item/jdirectitems/auction/t1194609512",
    ],
)
def test_product_links_in_all_their_forms(url: str) -> None:
    assert SHOP.auction_id(url) == "t1194609512"


@pytest.mark.parametrize(
    "url",
    [
        "https://buyee.jp/",
        "https://buyee.jp/item/jdirectitems/auction/",
        "https://buyee.jp/item/jdirectitems/auction/1194609512",
        "https://buyee.jp/item/jdirectitems/auction/t123",
        "https://buyee.jp/item/jdirectitems/auction/t" + "1" * 40,
        "https://buyee.jp/item/jdirectitems/auction/t11946095１２",
        "https://buyee.jp/item/jdirectitems/auction/inquiry/t1194609512",
        "https://buyee.jp/item/jdirectitems/auction/t1194609512/../x",
        "https://buyee.jp.evil.example/item/jdirectitems/auction/t1194609512",
        "https://evil.example/item/jdirectitems/auction/t1194609512",
        "https://evil.example/?u=https://buyee.jp/item/jdirectitems/auction/t1194609512",
        "https://www.buyee.jp/item/jdirectitems/auction/t1194609512",
        "https://buyee.jp./item/jdirectitems/auction/t1194609512",
        "https://buyee.jp@evil.example/item/jdirectitems/auction/t1194609512",
        "https://someone@buyee.jp/item/jdirectitems/auction/t1194609512",
        "https://buyee.jp:8443/item/jdirectitems/auction/t1194609512",
        "https://buyee.jp:what/item/jdirectitems/auction/t1194609512",
        "https://buyеe.jp/item/jdirectitems/auction/t1194609512",  # a Cyrillic letter
        "https://[buyee.jp/item/jdirectitems/auction/t1194609512",
        "javascript://buyee.jp/item/jdirectitems/auction/t1194609512",
        "ftp://buyee.jp/item/jdirectitems/auction/t1194609512",
        "https://auctions.yahoo.co.jp/jp/auction/t1194609512",
    ],
)
def test_everything_else_is_no_product(url: str) -> None:
    assert SHOP.auction_id(url) is None


def test_a_shop_on_another_port_is_the_shop_only_there() -> None:
    shop = ShopLinks("http://127.0.0.1:8090/item/{auction_id}")
    assert shop.auction_id("http://127.0.0.1:8090/item/x10000001") == "x10000001"
    assert shop.auction_id("http://127.0.0.1:8091/item/x10000001") is None


@pytest.mark.parametrize(
    "text",
    [
        f"想要这个：{ITEM}。",
        f"{ITEM}这个多少钱",
        f"look ({ITEM}), nice!",
        f"https://example.com/a and {ITEM}",
        f"{ITEM}\n{ITEM}",
        "buyee.jp/item/jdirectitems/auction/t1194609512",
    ],
)
def test_links_are_found_inside_sentences(text: str) -> None:
    assert SHOP.first_in(urls_in(text)) == "t1194609512"


@pytest.mark.parametrize("text", ["", "hello", "and/or", "3.5/7 h", "a@b.example", "t1194609512"])
def test_words_are_not_links(text: str) -> None:
    assert SHOP.first_in(urls_in(text)) is None


@given(st.text())
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    assert SHOP.first_in((text, *urls_in(text), f"https://{text}")) is None
