"""The switchboard of misbehaviour: tables of named faults, and which of them are armed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.alipay.clock import Clock, utc_now
from sandbox.alipay.envelopes import Answer, Delivery
from sandbox.alipay.results import result


class UnknownFault(Exception):
    """No fault has this name; `GET /faults` lists the names."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class CallFault:
    """A call that goes wrong, after it was carried out or before."""

    executes: bool
    spoil: Callable[[Answer], Answer]


@dataclass(frozen=True)
class NoticeFault:
    """`value` is what `bend` takes when nothing was said: copies or seconds."""

    bend: Callable[[Delivery, float], Delivery]
    value: float = 0


def _lose(_: Answer) -> Answer:
    return Answer(lost=True)


def _leave_open(_: Answer) -> Answer:
    return Answer.of({"result": result("UNKNOWN_EXCEPTION").wire()})


def _break_down(_: Answer) -> Answer:
    return Answer(b"Internal Server Error", status=500)


def _garble(answer: Answer) -> Answer:
    return Answer(b'{"result": \xff\xfe' + answer.body[:8])


def _sign_wrongly(answer: Answer) -> Answer:
    return replace(answer, signed=answer.body + b" ")


def _change_amount(delivery: Delivery, more: float) -> Delivery:
    name = "refundAmount" if "refundAmount" in delivery.document else "paymentAmount"
    amount = delivery.document[name]
    wrong = {**amount, "value": str(int(amount["value"]) + int(more))}
    return replace(delivery, document={**delivery.document, name: wrong})


CALL_FAULTS: Final[Mapping[str, CallFault]] = {
    "request_lost": CallFault(executes=False, spoil=_lose),
    "answer_lost": CallFault(executes=True, spoil=_lose),
    "unknown_before": CallFault(executes=False, spoil=_leave_open),
    "unknown_after": CallFault(executes=True, spoil=_leave_open),
    "http_500_before": CallFault(executes=False, spoil=_break_down),
    "http_500_after": CallFault(executes=True, spoil=_break_down),
    "garbage_answer": CallFault(executes=True, spoil=_garble),
    "wrongly_signed_answer": CallFault(executes=True, spoil=_sign_wrongly),
}

NOTICE_FAULTS: Final[Mapping[str, NoticeFault]] = {
    "notice_lost": NoticeFault(lambda delivery, _: replace(delivery, copies=0)),
    "notice_repeated": NoticeFault(lambda delivery, copies: replace(delivery, copies=int(copies)), value=3),
    "notice_delayed": NoticeFault(lambda delivery, seconds: replace(delivery, delay=seconds), value=5),
    "notice_wrongly_signed": NoticeFault(lambda delivery, _: replace(delivery, signed=b"{}")),
    "notice_wrong_amount": NoticeFault(_change_amount, value=1),
}

OUTCOME_FAULTS: Final[Mapping[str, float]] = {
    "payment_pending": 2,  # seconds until the result
    "payment_rejected": 0,
    "payment_over_limit": 0,
    "payment_balance_too_low": 0,
    "refund_in_process": 2,  # seconds until the result
    "refund_stuck": 0,
    "refund_refused": 0,
}

GROUPS: Final[Mapping[str, Mapping[str, object]]] = {
    "calls": CALL_FAULTS,
    "notices": NOTICE_FAULTS,
    "outcomes": OUTCOME_FAULTS,
}


@dataclass
class Armed:
    """A fault that will strike `times` more (None: until it is cleared), and not after `until`.

    `on` limits it to one call or notify type.
    """

    fault: str
    times: int | None
    on: str | None
    value: float | None
    until: datetime | None = None

    def strike(self) -> None:
        if self.times is not None:
            self.times -= 1

    def is_over(self, now: datetime) -> bool:
        return self.times == 0 or (self.until is not None and now >= self.until)

    def wire(self) -> dict[str, Any]:
        known = {"fault": self.fault, "times": self.times, "on": self.on, "value": self.value}
        return known | ({"until": self.until.isoformat()} if self.until else {})


class Faults:
    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._armed: list[Armed] = []

    @property
    def armed(self) -> list[Armed]:
        now = self._clock()
        self._armed = [armed for armed in self._armed if not armed.is_over(now)]
        return list(self._armed)

    def arm(
        self,
        fault: str,
        *,
        times: int | None = 1,
        on: str | None = None,
        value: float | None = None,
        seconds: float | None = None,
    ) -> None:
        """Let the next `times` occasions go wrong (None: all of them), or those of the next `seconds`.

        Raises `UnknownFault`.
        """
        if not any(fault in table for table in GROUPS.values()):
            raise UnknownFault
        until = None if seconds is None else self._clock() + timedelta(seconds=seconds)
        self._armed.append(Armed(fault, times, on, value, until))

    def clear(self, fault: str | None = None) -> None:
        """Disarm this fault, or all of them."""
        self._armed = [armed for armed in self._armed if fault not in (None, armed.fault)]

    def listing(self) -> dict[str, Any]:
        names = {group: sorted(table) for group, table in GROUPS.items()}
        return {**names, "armed": [armed.wire() for armed in self.armed]}

    def for_call(self, call: str) -> CallFault | None:
        armed = self._take(CALL_FAULTS, call)
        return CALL_FAULTS[armed.fault] if armed else None

    def bend(self, delivery: Delivery, kind: str) -> Delivery:
        armed = self._take(NOTICE_FAULTS, kind)
        if armed is None:
            return delivery
        fault = NOTICE_FAULTS[armed.fault]
        return fault.bend(delivery, fault.value if armed.value is None else armed.value)

    def for_outcome(self, fault: str) -> float | None:
        """The fault's value if it strikes now."""
        armed = self._take({fault: None}, fault)
        if armed is None:
            return None
        return OUTCOME_FAULTS[fault] if armed.value is None else armed.value

    def _take(self, table: Mapping[str, object], occasion: str) -> Armed | None:
        for armed in self.armed:
            if armed.fault in table and armed.on in (None, occasion):
                armed.strike()
                return armed
        return None
