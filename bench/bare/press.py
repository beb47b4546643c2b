"""Bare python-telegram-bot behind a bare handler: one insert, the answer, the edit. `python -m bench.bare.press`.

Our aiohttp request class is below it: what the library comes with would be slower by an order of magnitude.
"""

from typing import Any

from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationBuilder, CallbackContext, CallbackQueryHandler

from app.wiring import connections
from bench.bare.tables import PRESS, TABLES
from bench.child import answer, run
from bot.request import AiohttpRequest
from store.postgres import Pool

TEXT = "Film camera with a 50 mm lens, tested, in its leather case\n\nStep 3 of 5. Pay 12,300 JPY with Alipay." * 3
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Use Alipay", callback_data="a" * 22)]])


class Bare:
    """The bot and its server."""

    async def start(self, dsn: str, api: str) -> str:
        """Listen; the address."""
        self._pool: Pool = await connections(dsn)
        await self._pool.execute(TABLES)
        self._application: Application[Any, Any, Any, Any, Any, Any] = (
            ApplicationBuilder()
            .token("1000001:bare")
            .base_url(f"{api}/bot")
            .request(AiohttpRequest())
            .get_updates_request(AiohttpRequest(connection_pool_size=1))
            .updater(None)
            .job_queue(None)
            .build()
        )
        self._application.add_handler(CallbackQueryHandler(self._pressed))
        await self._application.initialize()
        return await self._listen()

    async def _listen(self) -> str:
        app = web.Application()
        app.add_routes([web.post("/telegram", self._take)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        return f"http://{host}:{port}"

    async def _take(self, request: web.Request) -> web.Response:
        await self._application.process_update(Update.de_json(await request.json(), self._application.bot))
        return web.Response()

    async def _pressed(self, update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        query = update.callback_query
        assert query is not None
        await self._pool.execute(PRESS, query.id, query.data or "")
        await query.answer()
        await query.edit_message_text(TEXT, parse_mode="HTML", reply_markup=KEYBOARD)


if __name__ == "__main__":
    run(answer({"start": Bare().start}))
