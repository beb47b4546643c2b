"""An auction house to try the assistant against: JDirectItems Auction as a buyer's shop, on loopback."""

from sandbox.auction.server import Server
from sandbox.auction.settings import Addresses

__all__ = ["Addresses", "Server"]
