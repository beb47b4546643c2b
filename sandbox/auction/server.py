"""Puts the house together."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web

from sandbox.auction.accounts import Accounts
from sandbox.auction.api import Api
from sandbox.auction.forms import Forms
from sandbox.auction.house import House
from sandbox.auction.inbox import Inbox
from sandbox.auction.languages import Languages
from sandbox.auction.outbox import Outbox
from sandbox.auction.pages import Pages
from sandbox.auction.settings import Addresses
from sandbox.auction.signing import decode_secret
from sandbox.auction.visits import Visits
from sandbox.auction.world import Clock, opening_day

LARGEST_BODY = 256 * 1024
RETRY_DELAYS = (0.5, 2.0, 5.0, 15.0, 60.0)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Server:
    """An auction house on one port. `addresses` may be filled in until it starts.

    `webhook_secret` is `whsec_<base64>` and serves both directions (ValueError when it is none); `retry_delays`
    are seconds between the attempts to deliver an event, the last one repeating.
    """

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secret: str,
        events_url: str = "",
        bot_link: str = "",
        public_url: str = "",
        clock: Clock = utc_now,
        retry_delays: Sequence[float] = RETRY_DELAYS,
    ) -> None:
        self.addresses = Addresses(events_url, bot_link, public_url)
        self._api_key = api_key
        self._key = decode_secret(webhook_secret)
        self._clock = clock
        self._retry_delays = retry_delays

    def application(self) -> web.Application:
        """A new house with a new world, whose sender tasks end with it."""
        languages = Languages()
        outbox = Outbox(self.addresses, self._key, self._clock, self._retry_delays)
        world, accounts = opening_day(self._clock), Accounts(self._clock)
        house = House(world, accounts, outbox, self.addresses, languages, self._clock)
        inbox = Inbox(house, self._key)
        visits = Visits(house, languages)
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_routes(Api(house, inbox, self._api_key).routes())
        app.add_routes(Pages(house, inbox, visits).routes())
        app.add_routes(Forms(house, visits).routes())
        app.cleanup_ctx.append(outbox.running)
        return app
