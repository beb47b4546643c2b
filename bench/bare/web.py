"""A bare handler: it verifies the signature and inserts one row with a unique key. `python -m bench.bare.web`.

`/won` also puts the message to be sent into the table that the bare sender claims from, and calls it.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode

from aiohttp import web

from app.wiring import connections
from bench.bare.tables import JOB, LETTER, TABLES
from bench.child import answer, run
from store.postgres import Pool


class Bare:
    """The server."""

    async def start(self, dsn: str, secret: str) -> str:
        """Listen; the address."""
        self._key = b64decode(secret.removeprefix("whsec_"))
        self._pool: Pool = await connections(dsn)
        await self._pool.execute(TABLES)
        app = web.Application()
        app.add_routes([web.post("/auction/events", self._keep), web.post("/won", self._keep_and_tell)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        return f"http://{host}:{port}"

    async def _keep(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_signed(request, body):
            return web.Response(status=401)
        await self._pool.execute(LETTER, request.headers["webhook-id"], body)
        return web.Response(status=202)

    async def _keep_and_tell(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_signed(request, body):
            return web.Response(status=401)
        message_id = request.headers["webhook-id"]
        await self._pool.execute(JOB, message_id, body, int(message_id.removeprefix("msg_")), "You won the item.")
        return web.Response(status=202)

    def _is_signed(self, request: web.Request, body: bytes) -> bool:
        head = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
        ours = b"v1," + b64encode(hmac.digest(self._key, head + body, hashlib.sha256))
        return hmac.compare_digest(ours, request.headers["webhook-signature"].encode())


if __name__ == "__main__":
    run(answer({"start": Bare().start}))
