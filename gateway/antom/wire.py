"""The payment gateway's words: requests, answers and notices (docs.antom.com/ac/ams).

Every scalar travels as a JSON string. Unknown fields are ignored; a field that is known must be well formed.
"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.alias_generators import to_camel

from flow.money import Money, UnknownCurrency
from gateway.text import Digits, Text

Id = Annotated[Text, Field(max_length=64)]


class Wire(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    def to_bytes(self) -> bytes:
        """The JSON body, without the fields that are not set."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class Amount(Wire):
    """A whole number of the smallest currency unit."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    value: Digits

    @classmethod
    def of(cls, money: Money) -> Self:
        """Our money in their words."""
        return cls(currency=money.currency, value=str(money.value))

    def money(self) -> Money | None:
        """Their amount in our words, None in a currency that we do not know."""
        try:
            return Money(self.currency, int(self.value))
        except UnknownCurrency:
            return None


class Order(Wire):
    """What is paid for."""

    reference_order_id: Id
    order_description: Annotated[Text, Field(max_length=256)]
    order_amount: Amount


class PaymentMethod(Wire):
    """How it is paid."""

    payment_method_type: Literal["ALIPAY_CN"] = "ALIPAY_CN"


class Environment(Wire):
    """Where the buyer is; the gateway asks for `os_type` with WAP."""

    terminal_type: Literal["WAP", "WEB"]
    os_type: Literal["IOS", "ANDROID"] | None = None
    client_ip: Text | None = None


class SettlementStrategy(Wire):
    """Which currency the merchant receives."""

    settlement_currency: Text


class PayRequest(Wire):
    """payments/pay"""

    product_code: Literal["CASHIER_PAYMENT"] = "CASHIER_PAYMENT"
    payment_request_id: Id
    order: Order
    payment_amount: Amount
    payment_method: PaymentMethod = PaymentMethod()
    payment_redirect_url: Text
    payment_notify_url: Text
    payment_expiry_time: Text
    settlement_strategy: SettlementStrategy | None = None
    env: Environment


class PaymentQuery(Wire):
    """payments/inquiryPayment and payments/cancel"""

    payment_request_id: Id


class RefundRequest(Wire):
    """payments/refund"""

    refund_request_id: Id
    payment_id: Id
    refund_amount: Amount
    refund_reason: Annotated[Text, Field(max_length=256)]
    refund_notify_url: Text


class RefundQuery(Wire):
    """payments/inquiryRefund"""

    refund_request_id: Id


class Result(Wire):
    """How a call went; for an inquiry, only how the inquiry itself went."""

    result_status: Annotated[Text, Field(max_length=16)]
    result_code: Annotated[Text, Field(max_length=64)]


class Answer(Wire):
    """What every answer holds."""

    result: Result


class Quote(Wire):
    """A rate of the gateway: one unit of the pair's first currency costs `quote_price` of the second."""

    quote_currency_pair: Annotated[str, Field(pattern="^[A-Z]{3}/[A-Z]{3}$")]
    quote_price: Annotated[Decimal, Field(gt=0, lt=1_000_000, strict=False)]
    quote_start_time: Text | None = None


class Customer(Wire):
    """Who paid, as the gateway names the wallet's account."""

    psp_customer_id: Annotated[Text, Field(max_length=64)] | None = None


class Transaction(Wire):
    """What happened to a payment since."""

    transaction_type: Text
    transaction_status: Text
    transaction_id: Id
    transaction_request_id: Id
    transaction_amount: Amount


def _readable(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """What only adds to the answer must not spoil it."""
    try:
        return handler(value)
    except ValidationError:
        return None


Lenient = WrapValidator(_readable)


class PaymentFacts(Wire):
    """What answers and notices tell of a payment."""

    payment_request_id: Id | None = None
    payment_id: Id | None = None
    payment_amount: Amount | None = None
    payment_time: Text | None = None
    payment_quote: Annotated[Quote | None, Lenient] = None
    psp_customer_info: Annotated[Customer | None, Lenient] = None


class PayAnswer(Answer, PaymentFacts):
    """payments/pay"""

    normal_url: Text | None = None


class PaymentAnswer(Answer, PaymentFacts):
    """payments/inquiryPayment"""

    payment_status: Text | None = None
    payment_result_code: Annotated[Text, Field(max_length=64)] | None = None
    transactions: Annotated[list[Annotated[Transaction | None, Lenient]] | None, Lenient] = None


class CancelAnswer(Answer):
    """payments/cancel"""

    payment_request_id: Id | None = None


class RefundAnswer(Answer):
    """payments/refund and payments/inquiryRefund; only the latter states `refund_status`."""

    refund_request_id: Id | None = None
    refund_id: Id | None = None
    refund_amount: Amount | None = None
    refund_time: Text | None = None
    refund_status: Text | None = None


class AnyNotice(Wire):
    """What tells the kinds of notices apart; authorizations name it differently."""

    notify_type: Id | None = None
    authorization_notify_type: Id | None = None


class PaymentNotice(PaymentFacts):
    """notifyPayment"""

    notify_type: Literal["PAYMENT_RESULT", "PAYMENT_PENDING"]
    result: Result
    payment_request_id: Id


class RefundNotice(RefundAnswer):
    """notifyRefund"""

    refund_request_id: Id


class AuthorizationNotice(Wire):
    """notifyAuthorization"""

    auth_state: Annotated[Text, Field(max_length=256)] | None = None
    user_id: Id | None = None
