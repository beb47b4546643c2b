"""What a buyer's past says about the path they are on."""

from collections.abc import Sequence

from flow.journey import Journey, Kind
from flow.linked import path_for
from flow.states import Payment
from flow.steps import Path
from service.ports import Transaction
from service.records import Buyer


async def followed(tx: Transaction, buyer_id: str, auction_id: str) -> Journey | None:
    """The newest payment journey about an item, unless the buyer withdrew from it."""
    for journey in reversed(await tx.journeys(buyer_id, Kind.PAYMENT)):
        about = (journey.order and journey.order.auction_id, journey.item and journey.item.auction_id)
        if auction_id in about and journey.state is not Payment.WITHDRAWN:
            return journey
    return None


async def path_of(tx: Transaction, buyer_id: str) -> Path:
    """The column of the article that a buyer's next item follows."""
    return path_after(await tx.buyer(buyer_id) or Buyer(buyer_id=buyer_id), await tx.journeys(buyer_id))


def path_after(buyer: Buyer, journeys: Sequence[Journey]) -> Path:
    """The same, of a buyer and all their journeys."""
    paid_first = (Payment.PAID, Payment.RETURNED)
    return path_for(
        buyer.link.alipay,
        verified=sum(j.kind is Kind.VERIFICATION and j.settled_by is not None for j in journeys),
        first_payments=sum(j.state in paid_first and j.path is Path.FIRST_TIME for j in journeys),
    )
