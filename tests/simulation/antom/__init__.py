"""Antom, simulated at the wire: the other side of `gateway.exchange.Exchange`, with the true book and seeded faults."""

from tests.simulation.antom.book import Amount, Book, Charge, Movement, Refund, Status
from tests.simulation.antom.faults import Faults
from tests.simulation.antom.server import SimAntom
from tests.simulation.antom.wire import Keys, keys

__all__ = ["Amount", "Book", "Charge", "Faults", "Keys", "Movement", "Refund", "SimAntom", "Status", "keys"]
