"""What a person sees: the cashier, the wallet and the ledger. No JavaScript."""

import io
import secrets
from collections.abc import Callable, Iterable
from typing import Final

import segno
from aiohttp import web

from sandbox.alipay.accounts import Account, Accounts
from sandbox.alipay.api import RootUrl
from sandbox.alipay.book import Book
from sandbox.alipay.ledger import ledger
from sandbox.alipay.models import Payment, Status
from sandbox.alipay.notices import Notice
from sandbox.alipay.rendering import Renderer, about, see

COOKIE: Final = "alipay_simulator_wallet"


class Pages:
    def __init__(self, *, renderer: Renderer, book: Book, notices: Iterable[Notice], root_url: RootUrl) -> None:
        self._render = renderer.page
        self._book = book
        self._notices = notices
        self._root_url = root_url
        self._accounts = Accounts()
        self._sessions: dict[str, Account] = {}
        self._style = renderer.style

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._wallet),
            web.get("/style.css", self._stylesheet),
            web.get("/wallet", self._wallet),
            web.post("/wallet/login", self._log_in),
            web.post("/wallet/logout", self._log_out),
            web.get("/ledger", self._ledger),
            web.get("/ledger.json", self._ledger_json),
            web.get("/cashier/{id}", self._cashier),
            web.get("/cashier/{id}/code.png", self._code),
            web.post("/cashier/{id}/login", self._log_in),
            web.post("/cashier/{id}/logout", self._log_out),
            web.post("/cashier/{id}/pay", self._pay),
            web.post("/cashier/{id}/refuse", self._refuse),
        ]

    async def _stylesheet(self, _: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css", charset="utf-8")

    async def _cashier(self, request: web.Request) -> web.Response:
        payment = self._payment(request)
        account = self._account(request)
        if payment is None:
            return self._render(request, "missing.html", status=404)
        if payment.status is not Status.PROCESSING:
            return self._render(request, "outcome.html", payment=payment, outcome=_outcome(payment))
        if account is None:
            return self._render(request, "login.html", payment=payment, action=request.path)
        return self._render(
            request, "confirm.html", payment=payment, account=account, balance=self._book.balance(account)
        )

    async def _code(self, request: web.Request) -> web.Response:
        payment = self._payment(request)
        if payment is None:
            return web.Response(status=404)
        picture = io.BytesIO()
        url = f"{self._root_url(request)}/cashier/{payment.cashier_id}"
        segno.make(url, micro=False).save(picture, kind="png", scale=8)
        return web.Response(body=picture.getvalue(), content_type="image/png", headers={"Cache-Control": "no-store"})

    async def _pay(self, request: web.Request) -> web.Response:
        return self._act(request, self._book.pay)

    async def _refuse(self, request: web.Request) -> web.Response:
        return self._act(request, self._book.refuse)

    def _act(self, request: web.Request, act: Callable[[Payment, Account], None]) -> web.Response:
        payment, account = self._payment(request), self._account(request)
        if payment is None:
            return self._render(request, "missing.html", status=404)
        if account is not None:
            act(payment, account)
        return see(f"/cashier/{payment.cashier_id}")

    async def _wallet(self, request: web.Request) -> web.Response:
        self._book.settle_due()
        account = self._account(request)
        if account is None:
            return self._render(request, "login.html", payment=None, action="/wallet")
        return self._render(
            request,
            "wallet.html",
            account=account,
            balance=self._book.balance(account),
            movements=self._book.movements(account),
        )

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        account = self._accounts.open(str(form.get("phone", "")))
        place = request.path.removesuffix("/login")
        if account is None:
            payment = self._payment(request)
            return self._render(request, "login.html", status=400, payment=payment, action=place, wrong=True)
        answer = see(place)
        token = secrets.token_urlsafe(16)
        self._sessions[token] = account
        answer.set_cookie(COOKIE, token, httponly=True, samesite="Lax")
        return answer

    async def _log_out(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        answer = see(request.path.removesuffix("/logout"))
        answer.del_cookie(COOKIE)
        return answer

    async def _ledger(self, request: web.Request) -> web.Response:
        self._book.settle_due()
        payments = self._book.payments[::-1]
        totals = ledger(payments, ())["totals"]
        return self._render(
            request, "ledger.html", payments=payments, totals=totals, notices_about=about(self._notices)
        )

    async def _ledger_json(self, _: web.Request) -> web.Response:
        self._book.settle_due()
        return web.json_response(ledger(self._book.payments, self._notices))

    def _payment(self, request: web.Request) -> Payment | None:
        self._book.settle_due()
        return self._book.at_cashier(request.match_info.get("id", ""))

    def _account(self, request: web.Request) -> Account | None:
        return self._sessions.get(request.cookies.get(COOKIE, ""))


def _outcome(payment: Payment) -> str:
    """The key of the page's texts."""
    if payment.status is Status.CANCELLED:
        return "returned" if payment.paid else "cancelled"
    return payment.code if payment.status is Status.FAIL else payment.status.value
