"""Which links a buyer may be sent to."""

import pytest

from gateway.urls import PayLinks, is_presentable

HOSTS = frozenset({"open-sea-global.alipay.com", "qr.alipay.com"})
LIVE = PayLinks(HOSTS, "https://open-sea-global.alipay.com")
LOCAL = PayLinks(HOSTS, "http://127.0.0.1:9000")

GOOD = [
    "https://open-sea-global.alipay.com/pay?token=a%2Fb&x=1#top",
    "https://qr.alipay.com:443/abc",
    "https://QR.alipay.com/abc",
    "https://qr.alipay.com",
]

BAD = [
    "",
    "http://qr.alipay.com/abc",
    "https://qr.alipay.com:8443/abc",
    "https://qr.alipay.com@evil.example/abc",
    "https://evil.example@qr.alipay.com/abc",
    "https://qr.alipay.com.evil.example/abc",
    "https://evil.example/qr.alipay.com",
    "https://evil.example#@qr.alipay.com",
    "https://evil.example\\@qr.alipay.com",
    "https://evil.example%2F@qr.alipay.com",
    "https://qr%2ealipay.com/abc",
    "https://qr.alipay.com./abc",
    "https://sub.qr.alipay.com/abc",
    "https://qr-alipay.com/abc",
    "https://qr.аlipay.com/abc",  # Cyrillic
    "https://qr.alipay。com/abc",
    "https://xn--lipay-4ve.com/abc",
    "https:/qr.alipay.com/abc",
    "https:qr.alipay.com/abc",
    "https:///qr.alipay.com/abc",
    "//qr.alipay.com/abc",
    "alipays://platformapi/startapp?appId=20000067",
    "javascript:alert(1)//qr.alipay.com",
    "https://qr.alipay.com/a b",
    "https://qr.alipay.com/\n",
    " https://qr.alipay.com/",
    'https://qr.alipay.com/"onclick=',
    "https://qr.alipay.com:99999/",
    "https://[::1/abc",
    "https://127.0.0.1:9000/abc",
    "https://qr.alipay.com/" + "a" * 4000,
]


@pytest.mark.parametrize("url", GOOD)
def test_payment_link_on_an_allowed_host(url: str) -> None:
    assert LIVE.allow(url)
    assert LOCAL.allow(url)


@pytest.mark.parametrize("url", BAD)
def test_payment_link_anywhere_else(url: str) -> None:
    assert not LIVE.allow(url)
    assert not LOCAL.allow(url)


def test_gateway_on_this_machine_may_send_to_itself() -> None:
    assert LOCAL.allow("http://127.0.0.1:9000/cashier/abc")
    assert not LOCAL.allow("http://127.0.0.1:9001/cashier/abc")
    assert not LOCAL.allow("http://localhost:9000/cashier/abc")
    assert not LIVE.allow("http://127.0.0.1:9000/cashier/abc")
    assert not PayLinks(HOSTS, "http://gateway.example").allow("http://gateway.example/abc")


def test_picture_is_on_https_or_on_this_machine() -> None:
    assert is_presentable("https://img.example/a.jpg?w=100")
    assert is_presentable("http://localhost:8080/a.jpg")
    assert is_presentable("http://[::1]:8080/a.jpg")
    assert not is_presentable("http://img.example/a.jpg")
    assert not is_presentable("http://localhost@img.example/a.jpg")
    assert not is_presentable("data:image/png;base64,AAAA")
