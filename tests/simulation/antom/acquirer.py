"""What becomes of charges and refunds: the rules, the passing of time, and the news of them."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from tests.simulation.antom import messages
from tests.simulation.antom.book import Amount, Book, Charge, Order, Refund, Status
from tests.simulation.antom.faults import Weather
from tests.simulation.antom.notices import Notifier
from tests.simulation.antom.wire import Refusal
from tests.simulation.loop import SimClock, SimLoop

_CHINA = timezone(timedelta(hours=8))
_DECLINED = ("PROCESS_FAIL", "RISK_REJECT", "USER_BALANCE_NOT_ENOUGH", "USER_AMOUNT_EXCEED_LIMIT")
_EXPIRED = "ORDER_IS_CLOSED"


class Acquirer:
    """Antom behind its doors. A final status stays: SUCCESS turns to CANCELLED only, and FAIL to nothing."""

    def __init__(self, loop: SimLoop, weather: Weather, notifier: Notifier, pay_host: str) -> None:
        self._loop, self._clock = loop, SimClock(loop)
        self._weather, self._notifier, self._pay_host = weather, notifier, pay_host
        self._refused: dict[str, tuple[tuple[object, ...], str]] = {}
        self.book = Book(self._clock.now)

    def open(self, order: Order) -> Charge:
        """The charge of an order; a repeated request finds the first one. Raises Refusal."""
        known = self.book.charges.get(order.request_id)
        if known is None:
            return self._open_new(order)
        if known.order.key != order.key:
            raise Refusal("REPEAT_REQ_INCONSISTENT")
        return known

    def _open_new(self, order: Order) -> Charge:
        if order.expires_at <= self._clock.now():
            raise Refusal("PARAM_ILLEGAL")
        charge = self.book.add(order, self._pay_host)
        if self._weather.strikes(self._weather.faults.quote):
            charge.quote = self._quote(charge)
        self._loop.outside(self._close_in_time(charge))
        return charge

    def _quote(self, charge: Charge) -> dict[str, str]:
        price = f"0.0{self._weather.between(45000, 52000)}"
        pair = f"{charge.amount.currency}/CNY"
        start = messages.at(charge.created_at)
        return {"quoteCurrencyPair": pair, "quotePrice": price, "quoteStartTime": start}

    async def _close_in_time(self, charge: Charge) -> None:
        """Nobody can pay an expired charge, except for a while where its closing is late."""
        await asyncio.sleep((charge.closes_at - self._clock.now()).total_seconds())
        if self._weather.strikes(self._weather.faults.late_payment):
            await asyncio.sleep(self._weather.up_to(self._weather.faults.decision_seconds))
        if charge.status is Status.PROCESSING:
            self._end(charge, _EXPIRED)

    def pay(self, charge: Charge, amount: Amount, customer: str) -> bool:
        """The buyer pays, if that can still be done; False where no money is taken."""
        faults = self._weather.faults
        if charge.status is Status.CANCELLED and not charge.paid:
            return self._weather.strikes(faults.late_payment) and self._pay_cancelled(charge, amount)
        if charge.status is not Status.PROCESSING:
            return False
        charge.customer, charge.paid_at = customer, self._clock.now()
        if self._weather.strikes(faults.pending_payment):
            self._hold(charge, amount)
        else:
            self._settle(charge, amount)
        return True

    def _pay_cancelled(self, charge: Charge, amount: Amount) -> bool:
        """It is sent back at once and stays CANCELLED, though a notice may say paid (docs.antom.com/ac/cashierpay)."""
        charge.paid_at = self._clock.now()
        self.book.take(charge, amount)
        self.book.give_back(charge)
        if self._weather.strikes(self._weather.faults.notice_after_cancel):
            self._tell(charge, "PAYMENT_RESULT", "SUCCESS")
        return True

    def _hold(self, charge: Charge, amount: Amount) -> None:
        faults = self._weather.faults
        charge.status = Status.PENDING
        self._tell(charge, "PAYMENT_PENDING", "SUCCESS")
        fails = self._weather.strikes(faults.failed_pending)
        decide = (lambda: self._end(charge, "RISK_REJECT")) if fails else (lambda: self._settle(charge, amount))
        self._later(self._weather.up_to(faults.decision_seconds), lambda: _while(charge, Status.PENDING, decide))

    def _settle(self, charge: Charge, amount: Amount) -> None:
        charge.status, charge.code = Status.SUCCESS, "SUCCESS"
        self.book.take(charge, amount)
        self._tell(charge, "PAYMENT_RESULT", "SUCCESS", then=lambda: self._contradict(charge))

    def charge_by_staff(self, request_id: str, amount: Amount, customer: str) -> bool:
        """A payment that the merchant's program did not ask for; told where the newest order's notices go."""
        newest = next(reversed(self.book.charges.values()), None)
        if newest is None or request_id in self.book.charges:
            return False
        now = self._clock.now()
        order = Order(request_id, request_id, amount, amount, newest.order.notify_url, now + timedelta(minutes=14))
        return self.pay(self._open_new(order), amount, customer)

    def decline(self, charge: Charge) -> bool:
        """The buyer, or the risk control, turns the payment down for good."""
        if charge.status is not Status.PROCESSING:
            return False
        self._end(charge, self._weather.choice(_DECLINED))
        return True

    def _end(self, charge: Charge, code: str) -> None:
        charge.status, charge.code, charge.paid_at = Status.FAIL, code, None
        self._tell(charge, "PAYMENT_RESULT", code)

    def _contradict(self, charge: Charge) -> None:
        """Long after the success was acknowledged, an old notice says otherwise."""
        faults = self._weather.faults
        if self._weather.strikes(faults.contradiction):
            kind, code = self._weather.choice((("PAYMENT_PENDING", "SUCCESS"), ("PAYMENT_RESULT", "PROCESS_FAIL")))
            self._later(self._weather.up_to(faults.notice_seconds), lambda: self._tell(charge, kind, code))

    def cancel(self, charge: Charge, *, by_staff: bool = False) -> datetime:
        """Close an unpaid charge, return a paid one, without a notice (docs.antom.com/ac/cashierpay/cancel).

        Raises Refusal.
        """
        if charge.status is Status.FAIL:
            raise Refusal("ORDER_STATUS_INVALID")
        if charge.cancelled_at is None:
            self._require_cancellable(charge, by_staff)
            charge.cancelled_at = self._clock.now()
            charge.status, charge.code = Status.CANCELLED, "ORDER_IS_CLOSED"
            self.book.give_back(charge)
        return charge.cancelled_at

    def _require_cancellable(self, charge: Charge, by_staff: bool) -> None:
        if not charge.paid:
            return
        day_after = charge.created_at.astimezone(_CHINA).date() + timedelta(days=1)
        end = datetime(day_after.year, day_after.month, day_after.day, 0, 15, tzinfo=_CHINA)
        if not by_staff and self._clock.now() > end:
            raise Refusal("CANCEL_WINDOW_EXCEED")
        if charge.refundable < charge.paid:
            raise Refusal("ORDER_STATUS_INVALID")

    def refund(self, charge: Charge, request_id: str, amount: Amount, notify_url: str | None) -> Refund:
        """The refund of a request; a repeated one finds the first, and what was refused once is so again."""
        key = charge.payment_id, amount
        known, refused = self.book.refunds.get(request_id), self._refused.get(request_id)
        if (known and known.key != key) or (refused and refused[0] != key):
            raise Refusal("REPEAT_REQ_INCONSISTENT")
        if refused:
            raise Refusal(refused[1])
        return known or self._refund_new(charge, request_id, amount, notify_url)

    def _refund_new(self, charge: Charge, request_id: str, amount: Amount, notify_url: str | None) -> Refund:
        if charge.status is not Status.SUCCESS:
            raise Refusal("ORDER_STATUS_INVALID")  # not for ever: the payment may be on its way
        refusal = _why_not(charge, amount)
        if refusal:
            self._refused[request_id] = (charge.payment_id, amount), refusal
            raise Refusal(refusal)
        refund = self.book.add_refund(charge, request_id, amount, notify_url)
        faults = self._weather.faults
        code = "MERCHANT_BALANCE_NOT_ENOUGH" if self._weather.strikes(faults.failed_refund) else "SUCCESS"
        if self._weather.strikes(faults.slow_refund):
            self._later(self._weather.up_to(faults.decision_seconds), lambda: self._end_refund(refund, code))
        else:
            self._end_refund(refund, code)
        return refund

    def refund_by_staff(self, charge: Charge, amount: Amount) -> Refund:
        """A refund that the merchant's program did not ask for, under an id of the portal's. Raises Refusal."""
        if charge.status is not Status.SUCCESS or _why_not(charge, amount):
            raise Refusal("ORDER_STATUS_INVALID")
        refund = self.book.add_refund(charge, None, amount, charge.order.notify_url)
        self._end_refund(refund, "SUCCESS")
        return refund

    def _end_refund(self, refund: Refund, code: str) -> None:
        refund.code, refund.ended_at = code, self._clock.now()
        refund.status = Status.SUCCESS if code == "SUCCESS" else Status.FAIL
        if refund.status is Status.SUCCESS:
            self.book.settle_refund(refund)
        if refund.notify_url:
            self._notifier.send(refund.notify_url, messages.refund_notice(refund))

    def _tell(self, charge: Charge, kind: str, code: str, then: Callable[[], None] | None = None) -> None:
        self._notifier.send(charge.order.notify_url, messages.payment_notice(charge, kind, code), then)

    def _later(self, seconds: float, action: Callable[[], object]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            action()

        self._loop.outside(wait())


def _while(charge: Charge, status: Status, action: Callable[[], object]) -> None:
    if charge.status is status:
        action()


def _why_not(charge: Charge, amount: Amount) -> str | None:
    if amount.currency != charge.amount.currency:
        return "CURRENCY_NOT_SUPPORT"
    return "REFUND_AMOUNT_EXCEED" if amount.value > charge.refundable else None
