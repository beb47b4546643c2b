"""Notices under signatures that the gateway did not make, or not for them, or in another scheme or spelling."""

import base64
import hmac
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.gateway.antom.genuine import CLIENT_ID, PATH, Gateway, Sent, content, is_respelt, rsa_key, written


def signature_bits(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        number = int.from_bytes(sent.signature, "big")
        yield from (sent.signed_as((number ^ 1 << bit).to_bytes(256, "big")) for bit in range(2048))


def by_other_keys(gateway: Gateway) -> Iterator[Sent]:
    for name, size in (("small", 1024), ("one", 2048), ("other", 2048), ("large", 3072)):
        key = rsa_key(f"{gateway.seed} {name}", size)
        yield from (sent.signed_as(key.sign(sent.content, PKCS1v15(), hashes.SHA256())) for sent in gateway.notices)


def with_the_public_key_as_secret(gateway: Gateway) -> Iterator[Sent]:
    public = gateway.key.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pkcs1 = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    modulus = public.public_numbers().n.to_bytes(256, "big")
    secrets = (der, pem, pem.strip(), pkcs1, base64.b64encode(der), modulus, b"", CLIENT_ID.encode())
    for sent in gateway.notices:
        for secret, digest in product(secrets, ("sha1", "sha256", "sha384", "sha512")):
            code = hmac.digest(secret, sent.content, digest)
            padded = b"\0\1".ljust(255 - len(code), b"\xff") + b"\0" + code
            for algorithm, signature in product(("RSA256", "HS256", "HMAC"), (code, padded, code.hex().encode())):
                yield sent.having("signature", written(signature).replace("RSA256", algorithm))


def padded_or_digested_otherwise(gateway: Gateway) -> Iterator[Sent]:
    """By the gateway's own key, in another scheme."""
    for sent in gateway.notices:
        for digest in ("SHA1", "SHA224", "SHA384", "SHA512", "SHA3_256", "MD5"):
            yield sent.signed_as(gateway.sign(sent.content, digest=digest))
        for salt in (0, 20, 32):
            yield sent.signed_as(gateway.sign(sent.content, PSS(MGF1(hashes.SHA256()), salt)))


def other_numbers(gateway: Gateway) -> Iterator[Sent]:
    """Signatures as numbers: trivial ones, and the genuine one beside itself."""
    public = gateway.key.public_key().public_numbers()
    n, e = public.n, public.e
    for sent in gateway.notices:
        s = int.from_bytes(sent.signature, "big")
        for number in (
            0,
            1,
            2,
            e,
            n - 1,
            n,
            n + 1,
            n - s,
            s + n,
            s + 2 * n,
            s - 1,
            s + 1,
            s * 2 % n,
            s * s % n,
            pow(s, e, n),
        ):
            for size in (256, 257, 300):
                if number.bit_length() <= size * 8 and (number, size) != (s, 256):
                    yield sent.signed_as(number.to_bytes(size, "big"))
        for raw in (sent.signature[::-1], sent.signature + b"\0", b"\0" + sent.signature, sent.signature * 2):
            yield sent.signed_as(raw)
        yield from (sent.signed_as(sent.signature[:end]) for end in range(256))


CALLS = ("pay", "inquiryPayment", "refund", "inquiryRefund", "cancel")


def signed_for_another_purpose(gateway: Gateway) -> Iterator[Sent]:
    """What the gateway really signed: nothing at all, answers to our calls, notices to others; or almost a notice."""
    for sent in gateway.notices:
        time, body = sent["request-time"], sent.body
        calls = [f"/ams/{kind}v1/payments/{call}" for kind in ("api/", "sandbox/api/") for call in CALLS]
        contents = [content(path, CLIENT_ID, time, body) for path in (*calls, "/", PATH + "/", "/shop" + PATH)]
        head = f"{CLIENT_ID}.{time}."
        contents += [b"", b"{}", body, head.encode(), head.encode() + body, sent.content + b"\n", sent.content.lower()]
        contents += [content(PATH, CLIENT_ID, time, other) for other in (b"", b"null", body.strip(b"{}"))]
        contents += [f"{verb} {PATH}\n{head}".encode() + body for verb in ("GET", "post", "PUT", "")]
        contents += [f"POST {PATH}{gap}{head}".encode() + body for gap in ("", " ", "\r\n", "\n\n")]
        contents += [f"POST {PATH}\n{CLIENT_ID}{dot}{time}{dot}".encode() + body for dot in ("", ",", "\n", "..")]
        yield from (sent.signed_as(gateway.sign(signed)) for signed in contents)
        answer = gateway.send(time, body, path=calls[0])
        yield replace(answer, path=PATH)


EMPTY = ("", "=", "%3D", "AA%3D%3D", "null", "undefined", "%00", "A" * 344, "A" * 5000)


ALGORITHMS = (
    *("", "none", "None", "NONE", "null", "RSA", "RSA1", "RSA2", "RSA512", "RSA2560", "RSA-256", "RSA 256"),
    *("HS256", "HS512", "HMAC", "HmacSHA256", "RS256", "PS256", "ES256", "EdDSA", "RSASSA-PSS", "SHA256withRSA"),
    *("R\u017fA256", "RSA\uff12\uff15\uff16", "RSA%32%35%36", "RSA256 RSA256", "RSA256\0", '"RSA256"'),
)


def algorithms(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        for name in ALGORITHMS:
            for value in (sent.value, "", "AA%3D%3D"):
                yield sent.having("signature", f"algorithm={name},keyVersion=1,signature={value}")
        yield from (sent.having("signature", f"algorithm=RSA256,keyVersion=1,signature={value}") for value in EMPTY)


FIELDS = (
    "{value}",
    "signature={value}",
    "keyVersion=1,signature={value}",
    "algorithm=RSA256,keyVersion=1",
    "algorithm=RSA256,keyVersion=1,signature={value},signature={value}",
    "algorithm=RSA256,keyVersion=1,signature={empty},signature={value}",
    "algorithm=RSA256,keyVersion=1,signature={value},signature={empty}",
    "algorithm=RSA256,keyVersion=1,Signature={value},signature={value}",
    "algorithm=RSA256,algorithm=RSA256,keyVersion=1,signature={value}",
    "algorithm=none,algorithm=RSA256,keyVersion=1,signature={value}",
    "algorithm=RSA256,Algorithm=none,keyVersion=1,signature={value}",
    "algorithm=RSA256,keyVersion=1,keyVersion=2,signature={value}",
    "algorithm=RSA256,keyVersion=1,signature={value},",
    ",algorithm=RSA256,keyVersion=1,signature={value}",
    "algorithm=RSA256,keyVersion=1,,signature={value}",
    "algorithm=RSA256,keyVersion=1,signature={value},note=1",
    "algorithm=RSA256,key=1,signature={value}",
    "algorithm=RSA256;keyVersion=1;signature={value}",
    "algorithm=RSA256&keyVersion=1&signature={value}",
    "algorithm:RSA256,keyVersion:1,signature:{value}",
    "algorithm =RSA256,keyVersion=1,signature={value}",
    "algorithm=RSA256,keyVersion=1,signature= {value}",
    "algorithm=RSA256,keyVersion=1,signature=={value}",
    'algorithm=RSA256,keyVersion=1,signature="{value}"',
    '{{"algorithm":"RSA256","keyVersion":"1","signature":"{value}"}}',
    "RSA256,1,{value}",
    "Bearer {value}",
)


def fields_of_the_signature(gateway: Gateway) -> Iterator[Sent]:
    for sent in gateway.notices:
        value, empty = sent.value, "AA%3D%3D"
        yield from (sent.having("signature", form.format(value=value, empty=empty)) for form in FIELDS)
        for version in ("", "x", "-1", "1.0", "1e3", "0x1", " 1", "\u0661", "\u00b2", "1;DROP", "%31", "../1", "1=1"):
            yield sent.having("signature", f"algorithm=RSA256,keyVersion={version},signature={value}")


def signature_encodings(gateway: Gateway) -> Iterator[Sent]:
    """The genuine signature in an alphabet or wrapping that is not the documented one."""
    for sent in gateway.notices:
        raw, value = sent.signature, sent.value
        plain = base64.b64encode(raw).decode()
        forms = [
            plain[:at] + blank + plain[at:] for at in range(0, 344, 8) for blank in (" ", "%20", "%0A", "\t", "-", "=")
        ]
        forms += [
            plain.rstrip("="),
            plain[:-1],
            plain + "=",
            plain + "==",
            "====" + plain,
            plain + "AAAA",
            plain + "\0",
        ]
        forms += [quote_plus(value), quote_plus(quote_plus(value)), base64.b64encode(plain.encode()).decode()]
        forms += [raw.hex(), raw.hex().upper(), base64.b32encode(raw).decode(), base64.b85encode(raw).decode()]
        forms += [
            base64.a85encode(raw).decode().replace(",", "."),
            plain.swapcase(),
            plain[::-1],
            plain.lower(),
            "%" + value,
        ]
        forms += [quote_plus(raw), plain.replace("=", "."), plain.replace("=", "%253D")]
        if "+" in plain or "/" in plain:
            forms += [base64.urlsafe_b64encode(raw).decode(), plain.replace("+", " ")]
        altered = [sent.having("signature", f"algorithm=RSA256,keyVersion=1,signature={form}") for form in forms]
        yield from (forged for forged in altered if not is_respelt(forged["signature"], raw))
