"""What a person sees: the cashier, the wallet and the ledger. No JavaScript."""

import io
import secrets
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Final

import jinja2
import segno
from aiohttp import web

from sandbox.alipay.accounts import DEMO_ACCOUNTS, Account, Accounts
from sandbox.alipay.api import RootUrl
from sandbox.alipay.book import Book
from sandbox.alipay.ledger import ledger
from sandbox.alipay.models import Payment, Status
from sandbox.alipay.money import Amount
from sandbox.alipay.notices import Notice
from sandbox.alipay.texts import Catalog

COOKIE: Final = "alipay_simulator_wallet"

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors http://127.0.0.1:* http://localhost:*"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    def __init__(self, *, merchant_name: str, book: Book, notices: Iterable[Notice], root_url: RootUrl) -> None:
        self._merchant_name = merchant_name
        self._book = book
        self._notices = notices
        self._root_url = root_url
        self._accounts = Accounts()
        self._sessions: dict[str, Account] = {}
        self._catalog = Catalog()
        self._style = (files(__package__) / "templates" / "style.css").read_text("utf-8")
        self._templates = _environment()

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
        return _see(f"/cashier/{payment.cashier_id}")

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
        answer = _see(place)
        token = secrets.token_urlsafe(16)
        self._sessions[token] = account
        answer.set_cookie(COOKIE, token, httponly=True, samesite="Lax")
        return answer

    async def _log_out(self, request: web.Request) -> web.Response:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        answer = _see(request.path.removesuffix("/logout"))
        answer.del_cookie(COOKIE)
        return answer

    async def _ledger(self, request: web.Request) -> web.Response:
        self._book.settle_due()
        payments = self._book.payments[::-1]
        totals = ledger(payments, ())["totals"]
        notices = list(self._notices)
        return self._render(request, "ledger.html", payments=payments, totals=totals, notices_about=_about(notices))

    async def _ledger_json(self, _: web.Request) -> web.Response:
        self._book.settle_due()
        return web.json_response(ledger(self._book.payments, self._notices))

    def _payment(self, request: web.Request) -> Payment | None:
        self._book.settle_due()
        return self._book.at_cashier(request.match_info.get("id", ""))

    def _account(self, request: web.Request) -> Account | None:
        return self._sessions.get(request.cookies.get(COOKIE, ""))

    def _render(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        texts = self._catalog.choose(request.headers.get("Accept-Language", ""))
        page = self._templates.get_template(template).render(
            t=texts, merchant=self._merchant_name, demo_accounts=DEMO_ACCOUNTS, **values
        )
        return web.Response(text=page, status=status, content_type="text/html", headers=_HEADERS)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sandbox.alipay"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["signed"] = _signed
    environment.filters["yuan"] = lambda fen: str(Amount("CNY", fen))
    environment.filters["total"] = lambda value, currency: str(Amount(currency, int(value)))
    return environment


def _signed(amount: Amount) -> str:
    return f"+{amount}" if amount.value > 0 else str(amount).replace("-", "\N{MINUS SIGN}")


def _outcome(payment: Payment) -> str:
    """The key of the page's texts."""
    if payment.status is Status.CANCELLED:
        return "returned" if payment.paid else "cancelled"
    return payment.code if payment.status is Status.FAIL else payment.status.value


def _about(notices: Iterable[Notice]) -> dict[str, list[Notice]]:
    about: dict[str, list[Notice]] = {}
    for notice in notices:
        about.setdefault(notice.about, []).append(notice)
    return about


def _see(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place})
