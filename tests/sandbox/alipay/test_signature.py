"""The official SDK and the simulator agree on signatures, and the simulator refuses everything else."""

import json

import pytest
import rsa
from com.alipay.ams.api.tools import webhook_tool

from sandbox.alipay import Server
from tests.sandbox.alipay.conftest import CLIENT_ID, Merchant, result_of, until

PATH = "/ams/api/v1/payments/inquiryPayment"
BODY = json.dumps({"paymentRequestId": "pay-1"})


async def send(merchant: Merchant, body: str = BODY, path: str = PATH, **changes: str) -> tuple[str, str]:
    headers = {**merchant.headers(PATH, BODY), **changes}
    async with merchant.client.post(path, data=body, headers=headers) as response:
        return result_of(merchant.verified(path, response, await response.text()))


async def test_what_the_sdk_signs_is_accepted(merchant: Merchant) -> None:
    assert await send(merchant) == ("F", "ORDER_NOT_EXIST")


async def test_header_names_are_read_without_regard_to_case(merchant: Merchant) -> None:
    headers = {name.upper(): value for name, value in merchant.headers(PATH, BODY).items()}
    async with merchant.client.post(PATH, data=BODY, headers=headers) as response:
        assert result_of(await response.json()) == ("F", "ORDER_NOT_EXIST")


@pytest.mark.parametrize("position", range(0, len(BODY), 7))
async def test_a_flipped_bit_in_the_body_is_refused(merchant: Merchant, position: int) -> None:
    flipped = BODY[:position] + chr(ord(BODY[position]) ^ 1) + BODY[position + 1 :]

    assert await send(merchant, flipped) == ("F", "INVALID_SIGNATURE")


async def test_white_space_in_the_body_is_signed_too(merchant: Merchant) -> None:
    assert await send(merchant, BODY + " ") == ("F", "INVALID_SIGNATURE")


async def test_another_path_or_time_or_a_query_is_refused(merchant: Merchant) -> None:
    refused = ("F", "INVALID_SIGNATURE")

    assert await send(merchant, path="/ams/sandbox/api/v1/payments/inquiryPayment") == refused
    assert await send(merchant, path=PATH + "?a=1") == refused
    assert await send(merchant, **{"Request-Time": "2026-11-23T05:32:01+00:00"}) == refused


@pytest.mark.parametrize(
    "header",
    [
        "",
        "signature=",
        "algorithm=RSA256,keyVersion=1,signature=%2",
        "algorithm=RSA256,keyVersion=1,signature=YQ%3D%3D",
    ],
)
async def test_an_odd_signature_header_is_refused(merchant: Merchant, header: str) -> None:
    assert await send(merchant, Signature=header) == ("F", "INVALID_SIGNATURE")


async def test_base64_that_was_not_url_encoded_is_refused(merchant: Merchant) -> None:
    headers = merchant.headers(PATH, BODY)
    plain = headers["Signature"].replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")

    assert await send(merchant, Signature=plain) == ("F", "INVALID_SIGNATURE")


async def test_another_client_is_refused(merchant: Merchant) -> None:
    headers = merchant.headers(PATH, BODY, client_id="SANDBOX_OTHER")

    assert await send(merchant, **headers) == ("F", "CLIENT_INVALID")


async def test_a_missing_time_is_refused(merchant: Merchant) -> None:
    assert await send(merchant, **{"Request-Time": ""}) == ("F", "PARAM_ILLEGAL")


async def test_the_sandbox_prefix_is_served_as_well(merchant: Merchant) -> None:
    answer = await merchant.post("pay", merchant.order(), prefix="/ams/sandbox/api/v1/payments/")

    assert result_of(answer) == ("U", "PAYMENT_IN_PROCESS")


async def test_an_unknown_call_or_method_is_refused(merchant: Merchant) -> None:
    assert result_of(await merchant.post("capture", {})) == ("F", "NO_INTERFACE_DEF")
    assert result_of(await merchant.post("pay", {}, prefix="/ams/api/v1/")) == ("F", "NO_INTERFACE_DEF")

    path = "/ams/api/v1/payments/pay"
    async with merchant.client.get(path, headers=merchant.headers(path, "", method="GET")) as response:
        answer = merchant.verified(path, response, await response.text(), method="GET")
    assert result_of(answer) == ("F", "METHOD_NOT_SUPPORTED")


async def test_a_notice_is_signed_over_its_own_path_with_the_query(merchant: Merchant) -> None:
    await merchant.paid()
    await until(lambda: bool(merchant.mailbox.received))

    [(request, body)] = merchant.mailbox.received
    headers = request.headers
    arguments = ("POST", "/antom/notify?shop=1", CLIENT_ID, headers["request-time"])
    assert headers["client-id"] == CLIENT_ID
    assert webhook_tool.check_signature(*arguments, body.decode(), headers["signature"], merchant.alipay_public_pem)
    with pytest.raises(rsa.pkcs1.VerificationError):
        webhook_tool.check_signature(*arguments, body.decode() + " ", headers["signature"], merchant.alipay_public_pem)


def test_without_a_given_key_the_simulator_makes_its_own(merchant_keys: object, simulator: Server) -> None:
    fresh = Server(client_id=CLIENT_ID, merchant_public_key=simulator.public_key_pem)

    assert fresh.public_key_pem.startswith("-----BEGIN PUBLIC KEY-----")
    assert fresh.public_key_pem != simulator.public_key_pem
