"""A gateway that answers as told and remembers what it was asked."""

from collections.abc import Mapping

from service.verdicts import ChargeRequest, OpenVerdict, RefundRequest, Unknown, Verdict

SILENT = Unknown(reason="TIMEOUT")
ABSENT = Unknown(reason="ORDER_NOT_EXIST", absent=True)


class ToldGateway:
    """`answers` are by verb and id, `("look_up", "p1-1")`; what it was not told of, it does not answer."""

    def __init__(self, answers: Mapping[tuple[str, str], Verdict] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[tuple[str, str]] = []
        self.refunds: list[RefundRequest] = []

    async def open(self, charge: ChargeRequest) -> OpenVerdict:
        return self._answer("open", charge.id)

    async def look_up(self, charge_id: str) -> Verdict:
        return self._answer("look_up", charge_id)

    async def cancel(self, charge_id: str) -> Verdict:
        return self._answer("cancel", charge_id)

    async def refund(self, refund: RefundRequest) -> Verdict:
        self.refunds.append(refund)
        return self._answer("refund", refund.id)

    async def look_up_refund(self, refund_id: str) -> Verdict:
        return self._answer("look_up_refund", refund_id)

    def _answer(self, verb: str, about: str) -> Verdict:
        self.asked.append((verb, about))
        return self.answers.get((verb, about), SILENT)
