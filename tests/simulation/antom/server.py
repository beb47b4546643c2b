"""Antom as the merchant meets it: the Exchange, the buyer's wallet, the staff's portal, and the switch for calm."""

import asyncio
from collections.abc import Callable

from gateway.exchange import Call, NoReply, Reply
from tests.simulation.antom.acquirer import Acquirer
from tests.simulation.antom.book import Amount, Book, Charge
from tests.simulation.antom.calls import CALLS
from tests.simulation.antom.faults import CALM, CallFault, Faults, Weather
from tests.simulation.antom.notices import Deliver, Notice, Notifier
from tests.simulation.antom.wire import Keys, Refusal, is_signed, pack, path_of, result, sign, stamp, unpack
from tests.simulation.loop import SimClock, SimLoop

CUSTOMER = "2088000000000001"

_BEFORE = {
    CallFault.UNKNOWN_BEFORE: "UNKNOWN_EXCEPTION",
    CallFault.TOO_MANY: "REQUEST_TRAFFIC_EXCEED_LIMIT",
}

BROKEN = Reply(status=500, headers={"Content-Type": "text/html"}, body=b"<h1>Internal Server Error</h1>")


class SimAntom:
    """One gateway for one merchant. Whatever it does for a process goes on when that process crashes.

    `book` tells what is true; `refusals` what it refused and why (operation and code), a protocol error among them
    being a bug of the caller.
    """

    def __init__(
        self,
        loop: SimLoop,
        *,
        client_id: str,
        keys: Keys,
        deliver: Deliver,
        faults: Faults = CALM,
        pay_host: str = "qr.alipay.com",
    ) -> None:
        self._loop, self._clock, self._client_id, self._keys = loop, SimClock(loop), client_id, keys
        self._weather = Weather(faults, loop.random("antom"))
        self._outage_ends = 0.0
        self._notifier = Notifier(loop, client_id, keys, self._weather, self._is_out, deliver)
        self._acquirer = Acquirer(loop, self._weather, self._notifier, pay_host)
        self._prefix = f"/ams/{'sandbox/' if client_id.startswith('SANDBOX_') else ''}api/v1/payments/"
        self.refusals: list[tuple[str, str]] = []

    @property
    def faults(self) -> Faults:
        """What may go wrong from now on; may be set at any time."""
        return self._weather.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._weather.faults = faults

    @property
    def book(self) -> Book:
        """The true book."""
        return self._acquirer.book

    @property
    def notices(self) -> list[Notice]:
        """Every notice so far, oldest first."""
        return self._notifier.sent

    async def __call__(self, call: Call, *, seconds: float) -> Reply | NoReply:
        """The Exchange: the answer to a call, or NoReply after `seconds`."""
        answered: asyncio.Future[Reply | NoReply] = self._loop.create_future()
        self._loop.outside(self._serve(call, seconds, lambda reply: _answer(answered, reply)))
        try:
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError:
            return NoReply("timeout")

    async def _serve(self, call: Call, seconds: float, answer: Callable[[Reply | NoReply], None]) -> None:
        weather = self._weather
        await asyncio.sleep(weather.leg())
        if self._is_out() or self._goes_out():
            if weather.strikes(0.5):
                answer(NoReply("no exchange: ClientConnectorError"))
            return
        fault = weather.strikes_call()
        if fault is CallFault.LOST_REQUEST:
            return
        if fault is CallFault.LATE_REQUEST:
            await asyncio.sleep(seconds + weather.up_to(weather.faults.late_seconds))
        reply = self._reply(call, fault)
        if fault is CallFault.LOST_REPLY:
            return
        if fault is CallFault.SLOW:
            await asyncio.sleep(weather.up_to(weather.faults.slow_seconds))
        await asyncio.sleep(weather.leg())
        answer(reply)

    def _reply(self, call: Call, fault: CallFault | None) -> Reply:
        """Carry the call out, unless the fault comes before that, and answer as far as the fault lets it."""
        if fault in _BEFORE:
            return self._signed(call, pack({"result": result(_BEFORE[fault])}))
        if fault is CallFault.BROKEN_BEFORE:
            return BROKEN
        body = pack(self._carry_out(call))
        match fault:
            case CallFault.UNKNOWN_AFTER:
                return self._signed(call, pack({"result": result("UNKNOWN_EXCEPTION")}))
            case CallFault.BROKEN_AFTER:
                return BROKEN
            case CallFault.GARBAGE:
                return self._signed(call, body[: len(body) // 2] + b"\xff\x00")
            case CallFault.WRONGLY_SIGNED:
                return self._signed(call, body, as_if=body + b" ")
            case _:
                return self._signed(call, body)

    def _carry_out(self, call: Call) -> dict[str, object]:
        operation = path_of(call.url).rpartition("/")[2]
        try:
            self._check(call, operation)
            return CALLS[operation](self._acquirer, unpack(call.body))
        except Refusal as refusal:
            self.refusals.append((operation, refusal.code))
            return {"result": result(refusal.code)}

    def _check(self, call: Call, operation: str) -> None:
        headers = {name.lower(): value for name, value in call.headers.items()}
        client_id, time, signature = (headers.get(name, "") for name in ("client-id", "request-time", "signature"))
        if operation not in CALLS or path_of(call.url) != self._prefix + operation or call.method != "POST":
            raise Refusal("NO_INTERFACE_DEF")
        if client_id != self._client_id:
            raise Refusal("CLIENT_INVALID")
        if not is_signed(self._keys.merchant, path_of(call.url), client_id, time, call.body, signature):
            raise Refusal("INVALID_SIGNATURE")

    def _signed(self, call: Call, body: bytes, *, as_if: bytes | None = None) -> Reply:
        time = stamp(self._clock.now()) or ""
        signed = body if as_if is None else as_if
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "client-id": self._client_id,
            "response-time": time,
            "signature": sign(self._keys.antom, path_of(call.url), self._client_id, time, signed),
        }
        return Reply(status=200, headers=headers, body=body)

    def _is_out(self) -> bool:
        return self._loop.time() < self._outage_ends

    def _goes_out(self) -> bool:
        faults = self._weather.faults
        if self._weather.strikes(faults.outage):
            self.go_out(self._weather.up_to(faults.outage_seconds))
        return self._is_out()

    def go_out(self, seconds: float) -> None:
        """Answer nothing and send nothing for so long; buyers can still pay."""
        self._outage_ends = self._loop.time() + seconds

    def calm(self) -> None:
        """End all faults, an outage too; what is under way already arrives, and what was begun is decided."""
        self._weather.faults = CALM
        self._outage_ends = 0.0

    def pay(self, link: str, customer: str = CUSTOMER) -> bool:
        """A buyer pays a link, or a charge by its id; False where that cannot be done any more."""
        charge = self.book.find(link)
        return self._acquirer.pay(charge, charge.order.amount, customer)

    def pay_wrong(self, link: str, value: int, currency: str, customer: str = CUSTOMER) -> bool:
        """A buyer pays, and another amount arrives than was asked for."""
        return self._acquirer.pay(self.book.find(link), Amount(currency, value), customer)

    def decline(self, link: str) -> bool:
        """A buyer, or the risk control, turns the payment down; False where there is nothing to turn down."""
        return self._acquirer.decline(self.book.find(link))

    def portal_charge(self, request_id: str, value: int, currency: str = "JPY") -> bool:
        """Staff takes a payment under an id that the merchant does not know; False before the merchant's first."""
        return self._acquirer.charge_by_staff(request_id, Amount(currency, value), CUSTOMER)

    def portal_refund(self, charge: Charge, value: int) -> bool:
        """Staff refunds in the gateway's portal, under an id that the merchant does not know."""
        amount = Amount(charge.amount.currency, value)
        return _done(lambda: self._acquirer.refund_by_staff(charge, amount))

    def portal_cancel(self, charge: Charge) -> bool:
        """Staff cancels in the gateway's portal: what was paid goes back, and no notice tells of it."""
        return _done(lambda: self._acquirer.cancel(charge, by_staff=True))


def _answer(answered: "asyncio.Future[Reply | NoReply]", reply: Reply | NoReply) -> None:
    if not answered.done():
        answered.set_result(reply)


def _done(act: Callable[[], object]) -> bool:
    try:
        act()
    except Refusal:
        return False
    return True
