"""What a buyer's past says about the path they are on."""

from flow.journey import Kind
from flow.linked import path_for
from flow.states import Payment
from flow.steps import Path
from service.ports import Transaction
from service.records import Buyer


async def path_of(tx: Transaction, buyer_id: str) -> Path:
    """The column of the article that a buyer's next item follows."""
    buyer = await tx.buyer(buyer_id) or Buyer(buyer_id=buyer_id)
    journeys = await tx.journeys(buyer_id)
    return path_for(
        buyer.link.alipay,
        verified_here=any(j.kind is Kind.VERIFICATION and j.settled_by for j in journeys),
        paid_before=any(j.state is Payment.PAID for j in journeys),
    )
