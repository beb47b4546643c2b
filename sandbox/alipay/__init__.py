"""An Alipay that speaks Antom's wire protocol, with its own implementation and its own keys."""

from sandbox.alipay.server import Server

__all__ = ["Server"]
