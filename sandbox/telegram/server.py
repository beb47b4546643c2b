"""The emulator as one object: its application serves the Bot API, the people's routes and the browser chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.telegram import bot_api, chat, people, rules, stage
from sandbox.telegram.backend import Backend
from sandbox.telegram.guard import guard
from sandbox.telegram.keys import BACKEND
from sandbox.telegram.timing import Clock, Sleep, utc_now
from sandbox.telegram.world import User

BODY_BYTES = rules.UPLOAD_BYTES + (1 << 20)


class Server:
    """A Telegram for one bot.

    `token` is `<bot id>:<secret>`, `username` the bot's name in `t.me/<username>`. `clock` gives aware UTC times;
    `sleep` is awaited for every delay (long polling, webhook retries, held faults), so tests rule both.
    """

    def __init__(
        self,
        *,
        token: str,
        username: str,
        name: str = "Bot",
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        bot = User(int(token.partition(":")[0]), name, username, is_bot=True)
        self._backend = Backend(token, bot, clock=clock, sleep=sleep, execute=bot_api.execute)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[guard])
        app[BACKEND] = self._backend
        for part in (bot_api, people, stage, chat):
            app.add_routes(part.routes())
        chat.set_up(app)
        app.cleanup_ctx.append(_running)
        app.on_shutdown.append(_end_streams)
        return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    backend = app[BACKEND]
    await backend.client.start()
    yield
    await backend.webhook.close()
    await backend.client.close()


async def _end_streams(app: web.Application) -> None:
    """Open event streams and long polls would hold the shutdown up."""
    app[BACKEND].hub.close()
    app[BACKEND].polling.wake()
