"""Notices that were altered on their way, by somebody who has seen genuine ones; the signatures are genuine."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from urllib.parse import quote

from tests.gateway.antom.genuine import CLIENT_ID, PATH, Gateway, Sent, content, flips, is_respelt


def body_bits(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        for bit in range(len(sent.body) * 8):
            body = bytearray(sent.body)
            body[bit // 8] ^= 1 << bit % 8
            yield replace(sent, body=bytes(body))


def header_bits(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        for name, value in sent.headers:
            altered = (text for text in flips(value) if name != "signature" or not is_respelt(text, sent.signature))
            yield from (sent.having(name, text) for text in altered)


def header_name_bits(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        for at, (name, value) in enumerate(sent.headers):
            for other in (text for text in flips(name) if text.lower() != name):
                yield replace(sent, headers=(*sent.headers[:at], (other, value), *sent.headers[at + 1 :]))


def random_bytes_changed(gateway: Gateway) -> Iterator[Sent]:
    random = gateway.random
    for sent in gateway.notices * 1000:
        body = bytearray(sent.body)
        at = random.randrange(len(body))
        body[at : at + random.randrange(4)] = random.randbytes(random.randrange(1, 5))
        if body != sent.body:
            yield replace(sent, body=bytes(body))


def cut_and_extended(gateway: Gateway) -> Iterator[Sent]:
    tails = (b" ", b"\n", b"\r\n", b"\0", b"}", b"{}", b"\xef\xbb\xbf", b" " * 1000, b" " * 2**18)
    for sent in gateway.notices:
        yield from (replace(sent, body=sent.body[:end]) for end in range(len(sent.body)))
        yield from (replace(sent, body=sent.body[start:]) for start in range(1, len(sent.body)))
        for tail in tails:
            yield from (replace(sent, body=body) for body in (sent.body + tail, tail + sent.body))
        yield replace(sent, body=sent.body * 2)


def written_anew(gateway: Gateway) -> Iterator[Sent]:
    """The same facts in other bytes."""
    for sent in gateway.notices:
        facts, text = json.loads(sent.body), sent.body.decode()
        dumps = [
            json.dumps(facts, ensure_ascii=ascii_only, indent=indent, separators=separators, sort_keys=in_order)
            for ascii_only in (True, False)
            for indent in (None, 0, 1, 2, "\t")
            for separators in ((",", ":"), (", ", ": "), (" ,", " :"))
            for in_order in (True, False)
        ]
        dumps += [json.dumps(dict(gateway.random.sample(list(facts.items()), len(facts)))) for _ in range(50)]
        dumps += [text.replace('"', '" ', 1), text.replace("/", "\\/"), text.replace("P", "\\u0050"), text + "\n"]
        dumps += [text[:-1] + f', "{key}": {json.dumps(facts[key])}}}' for key in facts]
        dumps += [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
        encodings = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7")
        bodies = [dump.encode() for dump in dumps] + [text.encode(name) for name in encodings]
        yield from (replace(sent, body=body) for body in bodies if body != sent.body)


def facts_changed(gateway: Gateway) -> Iterator[Sent]:
    """Other amounts, ids and outcomes under a genuine signature."""
    for sent in gateway.notices:
        facts = json.loads(sent.body)
        for number in range(100):
            amount = {"currency": gateway.random.choice(["JPY", "CNY"]), "value": str(number)}
            changes: list[dict[str, object]] = [
                {"paymentAmount": amount, "refundAmount": amount},
                {"paymentRequestId": f"v{number}-1"},
                {"notifyType": "PAYMENT_RESULT", "paymentId": str(number)},
                {"result": {"resultCode": "SUCCESS", "resultStatus": "F", "resultMessage": str(number)}},
            ]
            yield from (replace(sent, body=json.dumps(facts | change).encode()) for change in changes)


def addressed_otherwise(gateway: Gateway) -> Iterator[Sent]:
    paths = {PATH + "?", PATH + "?x=1", PATH + "/", PATH + "//", PATH + "#x", PATH + ";x", PATH + "%20", PATH + "%00"}
    paths |= {"/antom/%6eotify", "/antom%2Fnotify", "/ANTOM/NOTIFY", "//antom/notify", "/./antom/notify", "", "/", "*"}
    paths |= {f"http://127.0.0.1{PATH}", f"https://pay.auction.example{PATH}", "/x/..%2fantom/notify", "/antom"}
    paths |= {"/ams/api/v1/payments/pay", "/auction/events", "/telegram", PATH + "\xa0", PATH + "\n", PATH + "\udcff"}
    methods = ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "POSTS", "P0ST", "")
    for sent in gateway.notices:
        yield from (replace(sent, path=path) for path in sorted(paths))
        yield from (replace(sent, method=method) for method in methods)
        queried = gateway.send(sent["request-time"], sent.body, path=f"{PATH}?x=1")
        yield from (
            replace(queried, path=path) for path in (PATH, f"{PATH}\udcffx=1", f"{PATH}%3Fx=1", f"{PATH}?x=%31")
        )


def for_another_client(gateway: Gateway) -> Iterator[Sent]:
    ids = {CLIENT_ID[:end] for end in range(len(CLIENT_ID))} | {CLIENT_ID[start:] for start in range(1, 25)}
    ids |= {CLIENT_ID + tail for tail in ("0", ".", "\0", ".1", "\u200b", ",", "," + CLIENT_ID)}
    ids |= {CLIENT_ID.lower(), CLIENT_ID.title(), CLIENT_ID.replace("O", "0"), "*", "%", ".*", "null", "SANDBOX_1"}
    ids |= {CLIENT_ID.replace("A", "\u0410"), CLIENT_ID.replace("5", "\uff15"), CLIENT_ID[::-1], quote(f"{CLIENT_ID} ")}
    for sent in gateway.notices:
        for other in sorted(ids):
            yield sent.having("client-id", other)
            # What the gateway really signed for somebody else.
            signed = content(PATH, other, sent["request-time"], sent.body)
            yield sent.having("client-id", other).signed_as(gateway.sign(signed))


def at_another_time(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        time = sent["request-time"]
        times = {time[:end] for end in range(len(time))} | {time[start:] for start in range(1, len(time))}
        times |= {time + tail for tail in ("0", "Z", ".", ".0", ",", "+00:00", "\0", "x" * 100)}
        times |= {f"2026-{month:02}-{day:02}T05:32:00+00:00" for month in range(1, 13) for day in range(1, 29)}
        times |= {str(1795728700000 + seconds * 1000) for seconds in range(300)}
        yield from (sent.having("request-time", other) for other in sorted(times - {time}))


def body_taken_for_time(gateway: Gateway) -> Iterator[Sent]:
    """The signed bytes are the same: only the place where the body begins is moved into it."""
    time = "2026-11-23T05:33:00Z"
    for sent in [gateway.send(time, body) for body in (b'{"a":"1.{}"}', b'{"b":"\n.{}"}', b"[0.5,{}]", b'" .{}')]:
        start, _, rest = sent.body.partition(b".")
        yield replace(sent.having("request-time", f"{time}.{start.decode()}"), body=rest)


def time_taken_for_body(gateway: Gateway) -> Iterator[Sent]:
    """The other way round: well signed, as far as signatures go, and no JSON."""
    for sent in gateway.notices:
        start, dot, rest = sent["request-time"].partition(".")
        if dot:
            yield replace(sent.having("request-time", start), body=f"{rest}.".encode() + sent.body)


def mixed(gateway: Gateway) -> Iterator[Sent]:
    """Parts of two genuine notices."""
    for one, other in permutations(gateway.notices, 2):
        for name in ("request-time", "signature"):
            yield one.having(name, other[name])
        yield replace(one, body=other.body)


def headers_missing_or_twice(gateway: Gateway) -> Iterator[Sent]:
    for sent, other in zip(gateway.notices, gateway.notices[1:] + gateway.notices[:1], strict=True):
        for at, (name, value) in enumerate(sent.headers):
            rest = sent.headers[:at] + sent.headers[at + 1 :]
            alike = (name.replace("-", "_"), f"x-{name}", f"{name}s", name.replace("-", ""))
            yield replace(sent, headers=rest)
            yield from (replace(sent, headers=(*rest, (text, value))) for text in alike if text != name)
            for twin in (name, name.upper(), name.title()):
                for extra in ((twin, value), (twin, other[name]), (twin, "")):
                    yield replace(sent, headers=(*sent.headers, extra))
                    yield replace(sent, headers=(extra, *sent.headers))
            yield from (
                sent.having(name, joined) for joined in (f"{value}, {value}", f"{value},{value}", f"{value};", "")
            )
