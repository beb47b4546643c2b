"""A gateway whose every byte follows from a seed, and the notices that it really sent.

The recipe of the signature is written here once more, apart from the code under test
(docs.antom.com/ac/ams/digital_signature).
"""

import base64
import json
import re
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import cast
from urllib.parse import quote_plus, unquote_to_bytes

from Crypto.PublicKey import RSA
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

CLIENT_ID = "SANDBOX_5YEU172A2QWN04015"
PATH = "/antom/notify"
TITLE = "初音ミク ﬁgure \u00c5 e\u0301 ½ ガ"
"""Characters that the normal forms of Unicode write in different ways."""

TIMES = (
    "2026-11-23T05:32:{:02}+00:00",
    "2026-11-23T05:32:{:02}Z",
    "2026-11-23T05:32:{:02}.250+00:00",
    "17957287{:02}250",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A notice on its way to us."""

    method: str = "POST"
    path: str = PATH
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return dict(self.headers)[name]

    def having(self, name: str, value: str) -> "Sent":
        """With another value of a header."""
        return replace(self, headers=tuple((key, value if key == name else kept) for key, kept in self.headers))

    def signed_as(self, signature: bytes) -> "Sent":
        """With another signature, well written."""
        return self.having("signature", written(signature))

    @property
    def value(self) -> str:
        """The signature as it stands in its header."""
        return self["signature"].rpartition("signature=")[2]

    @property
    def signature(self) -> bytes:
        """The signature itself."""
        return base64.b64decode(unquote_to_bytes(self.value))

    @property
    def content(self) -> bytes:
        """What is signed."""
        return content(self.path, self["client-id"], self["request-time"], self.body)


def content(path: str, client_id: str, time: str, body: bytes) -> bytes:
    return f"POST {path}\n{client_id}.{time}.".encode() + body


def written(signature: bytes) -> str:
    return f"algorithm=RSA256,keyVersion=1,signature={quote_plus(base64.b64encode(signature))}"


class Gateway:
    """The gateway of one seed: its key, and notices that it really sent."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - for tests, to be repeated
        self.key = rsa_key(f"{seed}")
        self.notices = [self.notice(number) for number in range(12)]

    def sign(self, signed: bytes, padding: AsymmetricPadding | None = None, digest: str = "SHA256") -> bytes:
        return self.key.sign(signed, padding or PKCS1v15(), cast("hashes.HashAlgorithm", getattr(hashes, digest)()))

    def notice(self, number: int) -> Sent:
        """A genuine notice; no two have the same time or body."""
        body = json.dumps(self._facts(number), ensure_ascii=number % 2 == 0).encode()
        return self.send(TIMES[number % 4].format(number), body)

    def send(self, time: str, body: bytes, path: str = PATH) -> Sent:
        signature = written(self.sign(content(path, CLIENT_ID, time, body)))
        headers = (("client-id", CLIENT_ID), ("request-time", time), ("signature", signature))
        return Sent(path=path, headers=headers, body=body)

    def _facts(self, number: int) -> dict[str, object]:
        amount = {"currency": "JPY", "value": str(self.random.randrange(1, 10**6))}
        facts: dict[str, object] = {
            "notifyType": ("PAYMENT_RESULT", "PAYMENT_PENDING", "PAYMENT_RESULT", "DISPUTE_CREATED")[number % 4],
            "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"},
            "paymentRequestId": f"p{self.random.getrandbits(48):x}-1",
            "paymentId": str(self.random.randrange(10**15, 10**16)),
            "paymentAmount": amount,
            "metadata": TITLE,
        }
        if number % 3 == 0:
            facts |= {"notifyType": "REFUND_RESULT", "refundRequestId": f"rf-{number}", "refundAmount": amount}
        return facts


@cache
def rsa_key(seed: str, size: int = 2048) -> RSAPrivateKey:
    random = Random(seed)  # noqa: S311 - for tests, to be repeated
    key = load_der_private_key(RSA.generate(size, randfunc=random.randbytes).export_key("DER"), None)
    assert isinstance(key, RSAPrivateKey)
    return key


def flips(text: str) -> Iterator[str]:
    """The text with each of its bits turned; what is no UTF-8 then comes as a web server hands it on."""
    for at, bit in ((at, bit) for at in range(len(text)) for bit in range(8)):
        raw = bytearray(text.encode())
        raw[at] ^= 1 << bit
        yield raw.decode("utf-8", "surrogateescape")


SPELLING = re.compile(r"algorithm=RSA256,keyVersion=[0-9],signature=([0-9A-Za-z+/%]+={0,2})", re.IGNORECASE)


def is_respelt(header: str, signature: bytes) -> bool:
    """Whether a header is another way of writing the same signature: no forgery."""
    match = SPELLING.fullmatch(header)
    try:
        return match is not None and base64.b64decode(unquote_to_bytes(match[1]), validate=True) == signature
    except NotBase64:
        return False


def respelt(gateway: Gateway) -> Iterator[Sent]:
    """Genuine notices written otherwise: they pass, and must be known for the same."""
    for sent in gateway.notices:
        value, plain = sent.value, unquote_to_bytes(sent.value).decode()
        headers = [header for header in flips(sent["signature"]) if is_respelt(header, sent.signature)]
        headers += [f"signature={value},algorithm=RSA256", f" keyVersion=77 , Algorithm=rsa256 , signature={value} "]
        headers += [f"algorithm=RSA256,signature={form}" for form in (plain, "".join(f"%{ord(c):02x}" for c in plain))]
        yield from (sent.having("signature", header) for header in headers)
        yield replace(sent, headers=tuple((name.title(), text) for name, text in reversed(sent.headers)))
        yield replace(sent, headers=(*sent.headers, ("X-Forwarded-For", "203.0.113.9"), ("x-signature", "1")))
