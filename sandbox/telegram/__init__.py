"""A strict Telegram Bot API server on loopback, with people who act over HTTP and a browser chat."""

from sandbox.telegram.faults import Fault
from sandbox.telegram.server import Server

__all__ = ["Fault", "Server"]
