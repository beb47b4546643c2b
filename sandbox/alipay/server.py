"""Puts the simulator together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from aiohttp import web

from sandbox.alipay.api import Api
from sandbox.alipay.book import Book
from sandbox.alipay.clock import Clock, utc_now
from sandbox.alipay.faults import Faults
from sandbox.alipay.models import Kind, Payment, Refund
from sandbox.alipay.notices import DEMO_DELAYS, Notice, Notifier
from sandbox.alipay.pages import Pages
from sandbox.alipay.panel import Panel
from sandbox.alipay.portal import Portal
from sandbox.alipay.rendering import Renderer
from sandbox.alipay.scenarios import Player, Run
from sandbox.alipay.signing import Signer, Verifier
from sandbox.alipay.switchboard import Switchboard
from sandbox.alipay.wire import notice_of

_SETTLE_EVERY = 0.2  # seconds between looks at what is due


class Server:
    """An Alipay that speaks Antom's wire protocol.

    `merchant_public_key` and `private_key` (a new one when None) are PEM. `root_url` is what payment links begin
    with; it may be set later, and while it is None it is taken from the Host that the merchant called.
    `notice_delays` are the seconds before each try of a notice.
    """

    def __init__(
        self,
        *,
        client_id: str,
        merchant_public_key: str,
        root_url: str | None = None,
        clock: Clock = utc_now,
        notice_delays: Sequence[float] = DEMO_DELAYS,
        private_key: str | None = None,
        merchant_name: str = "Demo merchant",
    ) -> None:
        self.root_url = root_url
        self.faults = Faults(clock)
        self._signer = Signer(private_key)
        self._notifier = Notifier(
            client_id=client_id, signer=self._signer, clock=clock, delays=notice_delays, faults=self.faults
        )
        self.book = Book(clock=clock, faults=self.faults, notify=self._announce)
        self._api = Api(
            client_id=client_id,
            merchant=Verifier(merchant_public_key),
            signer=self._signer,
            book=self.book,
            clock=clock,
            faults=self.faults,
            root_url=self._root_url,
        )
        renderer = Renderer(merchant_name)
        self._pages = Pages(renderer=renderer, book=self.book, notices=self.notices, root_url=self._root_url)
        self._portal = Portal(client_id=client_id, book=self.book, send=self._notifier.send)
        self._player = Player(faults=self.faults, portal=self._portal, clock=clock)
        self._switchboard = Switchboard(faults=self.faults, portal=self._portal, player=self._player)
        self._panel = Panel(
            renderer=renderer, faults=self.faults, portal=self._portal, player=self._player, notices=self.notices
        )

    @property
    def public_key_pem(self) -> str:
        """What the merchant verifies answers and notices with."""
        return self._signer.public_key_pem

    @property
    def notices(self) -> list[Notice]:
        return self._notifier.notices

    @property
    def runs(self) -> list[Run]:
        """The scenarios that were played, oldest first."""
        return self._player.runs

    def application(self) -> web.Application:
        """A new application; its cleanup ends the notices that are under way."""
        application = web.Application()
        application.add_routes(self._api.routes())
        application.add_routes(self._pages.routes())
        application.add_routes(self._switchboard.routes())
        application.add_routes(self._panel.routes())
        application.cleanup_ctx.extend([self._notifier.run, self._player.run, self._settle])
        return application

    def _root_url(self, request: web.Request) -> str:
        return (self.root_url or f"{request.scheme}://{request.host}").rstrip("/")

    def _announce(self, subject: Payment | Refund, kind: Kind) -> None:
        url, document = notice_of(subject, kind)
        if url is not None:
            self._notifier.send(Notice(kind.value, subject.order.request_id, url, document))

    async def _settle(self, _: web.Application) -> AsyncIterator[None]:
        task = asyncio.get_running_loop().create_task(self._keep_settling())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _keep_settling(self) -> None:
        while True:
            self.book.settle_due()
            await asyncio.sleep(_SETTLE_EVERY)
