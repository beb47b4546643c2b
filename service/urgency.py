"""How urgent work is: what somebody waits for goes before what nobody knows of yet."""

from enum import IntEnum

from service import auction_events as auction
from service import facts


class Urgency(IntEnum):
    """The lower, the sooner. Work that a fact leads to is as urgent as the fact, unless it says otherwise."""

    ANSWER = 0
    """Somebody looks at the screen and waits."""
    MONEY = 1
    """Money moved, or may have."""
    DEADLINE = 2
    """The end of the time to pay is near."""
    WIN = 3
    """An item was won, or changed."""
    REST = 4


OF_FACTS: dict[type, Urgency] = {
    facts.CommandGiven: Urgency.ANSWER,
    facts.CodeBrought: Urgency.ANSWER,
    facts.CodeAnswered: Urgency.ANSWER,
    facts.ProductShown: Urgency.ANSWER,
    facts.OrderShown: Urgency.ANSWER,
    facts.ForeignLinkShown: Urgency.ANSWER,
    facts.ItemMissing: Urgency.ANSWER,
    facts.HouseSilent: Urgency.ANSWER,
    facts.WordsSaid: Urgency.ANSWER,
    facts.Pressed: Urgency.ANSWER,
    facts.ZoneTyped: Urgency.ANSWER,
    facts.BuyerTold: Urgency.ANSWER,
    facts.LandingOpened: Urgency.ANSWER,
    auction.BuyerConnected: Urgency.ANSWER,
    facts.ChargeTold: Urgency.MONEY,
    facts.ChargeClosing: Urgency.MONEY,
    facts.RefundTold: Urgency.MONEY,
    facts.BounceTold: Urgency.MONEY,
    facts.StrangerTold: Urgency.MONEY,
    facts.ReturnSought: Urgency.MONEY,
    facts.RefundOverdue: Urgency.MONEY,
    facts.ChargeUnresolved: Urgency.MONEY,
    facts.ReminderDue: Urgency.DEADLINE,
    facts.ChatClosed: Urgency.DEADLINE,
    facts.OrdersListed: Urgency.WIN,
    auction.BidWon: Urgency.WIN,
    auction.OrderChanged: Urgency.WIN,
    auction.OrderCancelled: Urgency.WIN,
    auction.OrderPaid: Urgency.WIN,
}
"""What is not named here is `REST`."""

OF_SOURCES: dict[str, Urgency] = {"telegram": Urgency.ANSWER, "antom": Urgency.MONEY, "auction": Urgency.WIN}
"""How urgently a letter is read, by who sent it."""


def of_fact(fact: facts.Fact) -> Urgency:
    """How urgent what follows from a fact is."""
    return OF_FACTS.get(type(fact), Urgency.REST)
