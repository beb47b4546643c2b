"""Ours against the official kit, both ways and over anything: who signs and who verifies must make no difference."""

import asyncio
import base64
import dataclasses
import functools
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
import rsa
from com.alipay.ams.api.exception.exception import AlipayApiException
from com.alipay.ams.api.tools import signature_tool, webhook_tool
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.antom.client import AntomGateway, Merchant, path_prefix
from gateway.antom.notices import NoticeReader
from gateway.antom.signing import Message, Signer, Verifier, parse_header
from gateway.exchange import Call, Reply
from service.errors import BadSignature, Malformed
from service.verdicts import Unknown
from tests.gateway.antom.genuine import rsa_key, written
from tests.gateway.conftest import StoppedClock

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For what the kit signs: it parses its key each time."""

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Party:
    """One side of the exchange: its key for us, and as the text that the kit takes."""

    def __init__(self, name: str) -> None:
        self.key = rsa_key(name)
        self.signer = Signer(self.key)
        self.verifier = Verifier([self.key.public_key()])
        private = self.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.private_text = base64.b64encode(private).decode()
        self.public_text = base64.b64encode(public).decode()

    def kit_header(self, message: Message) -> str:
        """The header as the kit makes it."""
        text = signature_tool.sign(*in_kit_words(message), self.private_text)
        return f"algorithm=RSA256,keyVersion=1,signature={text}"

    def kit_accepts(self, message: Message, header: str) -> bool:
        """Whether the kit takes `header` for the signature of `message`."""
        try:
            return bool(webhook_tool.check_signature(*in_kit_words(message), header, self.public_text))
        except (rsa.pkcs1.VerificationError, AlipayApiException, ValueError):
            return False

    def we_accept(self, message: Message, header: str) -> bool:
        """Whether we do."""
        try:
            self.verifier.verify(message, header)
        except BadSignature:
            return False
        return True


def in_kit_words(message: Message) -> tuple[str, str, str, str, str]:
    return message.method, message.path, message.client_id, message.time, message.body.decode()


@functools.cache
def us() -> Party:
    return Party("us")


@functools.cache
def them() -> Party:
    return Party("them")


def iso(moment: datetime, timespec: str) -> str:
    return moment.isoformat(timespec=timespec)


zones = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))) | st.just(UTC)
moments = st.datetimes(min_value=datetime(2001, 9, 10), timezones=zones)  # noqa: DTZ001 - the zone is drawn beside it
iso_times = st.builds(iso, moments, st.sampled_from(["seconds", "milliseconds", "microseconds"]))
zulu_times = moments.map(lambda moment: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
epoch_times = moments.map(lambda moment: str(int(moment.timestamp() * 1000)))
times = iso_times | zulu_times | epoch_times

any_text = st.text(st.characters(codec="utf-8"), max_size=300)
large = st.builds(lambda text, size: (text * size)[:size], any_text.filter(bool), st.integers(60_000, 120_000))
bodies = st.one_of(any_text, st.just(""), large, any_text.map(lambda text: f'{{"orderDescription":"{text}"}}'))
segments = st.text(st.characters(codec="utf-8", exclude_characters="\r\n "), max_size=40)
paths = st.builds("/{}{}".format, segments, st.just("") | segments.map("?q={}".format))
client_ids = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1, max_size=40)
ascii_ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
messages = st.builds(
    Message,
    method=st.just("POST"),
    path=paths,
    client_id=client_ids,
    time=times,
    body=bodies.map(str.encode),
)
PLAIN = Message(
    method="POST",
    path="/antom/notify",
    client_id="SANDBOX_1",
    time="2026-11-23T05:32:00+00:00",
    body='{"title":"初音ミク"}'.encode(),
)


@FEW
@given(message=messages)
@example(message=PLAIN)
@example(message=dataclasses.replace(PLAIN, body=b"", path="/", client_id="."))
def test_any_message_has_the_same_signature_from_both(message: Message) -> None:
    assert us().signer.sign(message) == us().kit_header(message)


@MANY
@given(message=messages)
@example(message=PLAIN)
def test_both_accept_our_signature_of_any_message(message: Message) -> None:
    header = us().signer.sign(message)

    assert us().kit_accepts(message, header)
    assert us().we_accept(message, header)


@FEW
@given(body=bodies, path=paths, client_id=ascii_ids, time=times)
def test_any_notice_that_the_kit_signed_gets_past_the_signature(
    body: str, path: str, client_id: str, time: str
) -> None:
    message = Message(method="POST", path=path, client_id=client_id, time=time, body=body.encode())
    headers = {"Client-Id": client_id, "request-time": time, "SIGNATURE": them().kit_header(message)}

    reader = NoticeReader(client_id, them().verifier)
    try:
        reader.read("POST", path, headers, message.body)
    except Malformed:
        return  # well signed; what it says is another matter


@FEW
@given(charge_id=any_text.filter(lambda text: "\0" not in text), body=bodies, time=times, name=st.integers(1, 10**16))
def test_the_kit_accepts_any_request_of_ours_and_we_any_answer_of_the_kit(
    charge_id: str, body: str, time: str, name: int
) -> None:
    told = asyncio.run(Gateway(f"SANDBOX_{name}", time, body.encode()).look_up(charge_id[:64]))

    assert told == Unknown(reason="the answer is not well formed")


@FEW
@given(body=bodies, other=bodies, time=times)
def test_neither_accepts_an_answer_that_was_altered_on_the_way(body: str, other: str, time: str) -> None:
    altered = Gateway("SANDBOX_1", time, body.encode(), altered=f"{other}{body}.".encode())

    assert asyncio.run(altered.look_up("ch-1")) == Unknown(reason="the answer is not well signed")


class Gateway:
    """A gateway that knows signatures by the kit alone, asked by our client; `altered` is what arrives of `body`."""

    def __init__(self, client_id: str, time: str, body: bytes, altered: bytes | None = None) -> None:
        self._client_id, self._time, self._body = client_id, time, body
        self._altered = body if altered is None else altered

    async def look_up(self, charge_id: str) -> object:
        merchant = Merchant(
            url="https://gateway.example",
            client_id=self._client_id,
            notify_url="https://bot.example/antom/notify",
            pay_hosts=frozenset(),
        )
        client = AntomGateway(self._answer, merchant, us().signer, them().verifier, StoppedClock())
        return await client.look_up(charge_id)

    async def _answer(self, call: Call, *, seconds: float) -> Reply:
        path = f"{path_prefix(self._client_id)}inquiryPayment"
        asked = self._message(path, call.headers["Request-Time"], call.body)
        assert us().kit_accepts(asked, call.headers["Signature"])
        signature = them().kit_header(self._message(path, self._time, self._body))
        assert them().kit_accepts(self._message(path, self._time, self._altered), signature) == (
            self._altered == self._body
        )
        return Reply(status=200, headers={"response-time": self._time, "signature": signature}, body=self._altered)

    def _message(self, path: str, time: str, body: bytes) -> Message:
        return Message(method="POST", path=path, client_id=self._client_id, time=time, body=body)


PARTS: dict[str, st.SearchStrategy[object]] = {
    "method": st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POSTS", ""]),
    "path": paths,
    "client_id": client_ids,
    "time": times,
    "body": bodies.map(str.encode),
}


@pytest.mark.parametrize("part", PARTS)
@MANY
@given(data=st.data())
def test_both_refuse_any_message_with_another(part: str, data: st.DataObject) -> None:
    message = data.draw(messages)
    value = data.draw(PARTS[part].filter(lambda value: value != getattr(message, part)))
    tampered = Message(**{**dataclasses.asdict(message), part: value})
    header = us().signer.sign(message)

    assert not us().kit_accepts(tampered, header)
    assert not us().we_accept(tampered, header)


@MANY
@given(message=messages, part=st.sampled_from(["path", "client_id", "time", "body"]), data=st.data())
def test_both_refuse_a_message_that_lacks_one_character(message: Message, part: str, data: st.DataObject) -> None:
    whole = getattr(message, part)
    text = whole.decode() if isinstance(whole, bytes) else whole
    at = data.draw(st.integers(0, max(len(text) - 1, 0)))
    shorter = text[:at] + text[at + 1 :] if text else "."
    value = shorter.encode() if isinstance(whole, bytes) else shorter
    tampered = Message(**{**dataclasses.asdict(message), part: value})
    header = us().signer.sign(message)

    assert not us().kit_accepts(tampered, header)
    assert not us().we_accept(tampered, header)


@MANY
@given(bit=st.integers(0, 2047))
def test_both_refuse_any_flipped_bit_of_a_signature(bit: int) -> None:
    raw = bytearray(us().key.sign(PLAIN.content(), PKCS1v15(), hashes.SHA256()))
    raw[bit // 8] ^= 1 << bit % 8
    header = written(bytes(raw))

    assert not us().kit_accepts(PLAIN, header)
    assert not us().we_accept(PLAIN, header)


@FEW
@given(message=messages)
def test_both_refuse_the_signature_of_another_key(message: Message) -> None:
    header = them().signer.sign(message)

    assert not us().kit_accepts(message, header)
    assert not us().we_accept(message, header)


def digest(algorithm: hashes.HashAlgorithm) -> str:
    return written(us().key.sign(PLAIN.content(), PKCS1v15(), algorithm))


def value() -> str:
    return us().signer.sign(PLAIN).rpartition("signature=")[2]


STRICTER: dict[str, Callable[[], str]] = {
    "the kit reads no algorithm": lambda: f"algorithm=none,keyVersion=1,signature={value()}",
    "... and misses none": lambda: f"signature={value()}",
    "... nor a version": lambda: f"algorithm=RSA256,keyVersion=x,signature={value()}",
    "... nor what else stands before": lambda: f"algorithm=RSA256,nonsense,signature={value()}",
    "... nor what stands after a second name": lambda: f"algorithm=RSA256,signature={value()}signature=AAAA",
    "the digest is the one that the signature names, SHA-1": lambda: digest(hashes.SHA1()),  # noqa: S303 - refused
    "... or SHA-512": lambda: digest(hashes.SHA512()),
    "base64 is read around characters that it does not have": lambda: f"algorithm=RSA256,signature=!{value()}",
    "... or a blank": lambda: f"algorithm=RSA256,signature= {value()}",
}
"""By the kit's habit that it comes from: headers that the kit accepts and we refuse, as no gateway writes them."""


@pytest.mark.parametrize("habit", STRICTER)
def test_we_are_stricter_about_headers_than_the_kit(habit: str) -> None:
    header = STRICTER[habit]()

    assert us().kit_accepts(PLAIN, header)
    assert not us().we_accept(PLAIN, header)


@pytest.mark.parametrize("time", ["", '2026-11-23T05:32:00Z.{"a":"b', "二〇二六", "2" * 65, "2026\n"])
def test_we_are_stricter_about_the_time_than_the_kit(time: str) -> None:
    """An opaque text for the kit; for us one that cannot hold the beginning of a body."""
    message = dataclasses.replace(PLAIN, time=time)
    header = us().signer.sign(message)

    assert us().kit_accepts(message, header)
    assert not us().we_accept(message, header)


LAXER = {
    "base64 that was not quoted": "algorithm=RSA256,keyVersion=1,signature={plain}",
    "names in capitals": "ALGORITHM=RSA256,KEYVERSION=1,SIGNATURE={quoted}",
}
"""Headers that the kit refuses and we accept: the same signature of the same message, written otherwise."""


@pytest.mark.parametrize("spelling", LAXER)
def test_we_accept_more_spellings_of_the_same_signature_than_the_kit(spelling: str) -> None:
    message = signed_with_a_plus()
    quoted = us().signer.sign(message).rpartition("signature=")[2]
    header = LAXER[spelling].format(quoted=quoted, plain=unquote(quoted))

    assert not us().kit_accepts(message, header)
    assert us().we_accept(message, header)


@MANY
@given(start=st.integers(0, 400), length=st.integers(0, 3), text=st.text(st.characters(codec="ascii"), max_size=3))
def test_what_we_accept_the_kit_accepts_once_it_is_spelled_its_way(start: int, length: int, text: str) -> None:
    header = us().signer.sign(PLAIN)
    altered = header[:start] + text + header[start + length :]

    if us().we_accept(PLAIN, altered):
        assert us().kit_accepts(PLAIN, written(parse_header(altered)))
    else:
        assert altered != header


def signed_with_a_plus() -> Message:
    """A message whose signature has a `+` in base64, which the kit takes for a blank where it is not quoted."""
    numbered = (dataclasses.replace(PLAIN, body=str(number).encode()) for number in itertools.count())
    return next(message for message in numbered if "%2B" in us().signer.sign(message))


def test_the_case_of_a_method_is_all_one_to_us_and_not_to_the_kit() -> None:
    """Without effect: no other case of it comes through the web server."""
    small, header = dataclasses.replace(PLAIN, method="post"), us().signer.sign(PLAIN)

    assert not us().kit_accepts(small, header)
    assert us().we_accept(small, header)
