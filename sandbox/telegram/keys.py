"""Where the application keeps its state."""

from __future__ import annotations

from aiohttp import web

from sandbox.telegram.backend import Backend

BACKEND = web.AppKey("backend", Backend)
