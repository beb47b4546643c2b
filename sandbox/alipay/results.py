"""Result codes, each with its status (S settled, F final refusal, U not known yet) and message."""

from dataclasses import dataclass

_CODES = {
    "SUCCESS": ("S", "success."),
    "PAYMENT_IN_PROCESS": ("U", "The payment is being processed."),
    "REFUND_IN_PROCESS": ("U", "The refund is being processed."),
    "UNKNOWN_EXCEPTION": ("U", "The call failed for an unknown reason."),
    "CANCEL_WINDOW_EXCEED": ("F", "The time in which a payment can be cancelled is over."),
    "CLIENT_INVALID": ("F", "The client is invalid."),
    "CURRENCY_NOT_SUPPORT": ("F", "The currency is not supported."),
    "INVALID_SIGNATURE": ("F", "The signature is invalid."),
    "MERCHANT_BALANCE_NOT_ENOUGH": ("F", "The merchant's balance does not cover the refund."),
    "METHOD_NOT_SUPPORTED": ("F", "The server does not implement the requested HTTP method."),
    "NO_INTERFACE_DEF": ("F", "The API is not defined."),
    "ORDER_IS_CLOSED": ("F", "The order is closed."),
    "ORDER_NOT_EXIST": ("F", "The order does not exist."),
    "ORDER_STATUS_INVALID": ("F", "The order's status does not allow this."),
    "PARAM_ILLEGAL": ("F", "A required parameter is missing, or a parameter is illegal."),
    "PROCESS_FAIL": ("F", "A general business failure occurred."),
    "REFUND_AMOUNT_EXCEED": ("F", "The refunds would exceed the payment."),
    "REFUND_WINDOW_EXCEED": ("F", "The time in which a payment can be refunded is over."),
    "REPEAT_REQ_INCONSISTENT": ("F", "The repeated request differs from the first."),
    "RISK_REJECT": ("F", "The payment was rejected by risk control."),
    "USER_AMOUNT_EXCEED_LIMIT": ("F", "The amount exceeds the buyer's limit."),
    "USER_BALANCE_NOT_ENOUGH": ("F", "The buyer's balance is too low."),
}


class Refused(Exception):
    """The call is refused; the answer carries the result code, so send what its message asks for."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail or _CODES[code][1]}")
        self.result = result(code, detail)


@dataclass(frozen=True)
class Result:
    code: str
    status: str
    message: str

    def wire(self) -> dict[str, str]:
        return {"resultCode": self.code, "resultStatus": self.status, "resultMessage": self.message}


def result(code: str, detail: str = "") -> Result:
    """The result for a code of the table above; `detail` names the parameter that was wrong."""
    status, message = _CODES[code]
    return Result(code, status, f"{message} ({detail})" if detail else message)
