"""The three books held against each other: ours, the gateway's, and what the auction house was told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from flow.ledger import Account
from service.ports import Claim
from service.reconciliation import Reconciled, Reconciliation
from service.records import Unsettled
from service.sweep import Sweep
from service.work import Sweep as Sweeping
from tests.journeys.buyers import Json
from tests.journeys.stage import Stage

REFUNDED = ("payment.refunded", "verification.refunded")


async def reconciled(stage: Stage, *, mend: bool = False) -> Reconciled:
    """The books are compared, and mended where it is wished; what follows from that is done."""
    service, run_id = stage.assembly, uuid4().hex if mend else None
    run = Reconciliation(service.store, service.gateway, service.desk, service.rules, service.clock, run_id=run_id)
    done = await run.run(service.clock.now() - timedelta(days=1))
    await stage.quiet()
    return done


async def assert_books_agree(stage: Stage) -> None:
    """Every charge and refund stands alike on both sides, and the auction house heard of each refund once."""
    await stage.heard()
    done = await reconciled(stage)
    assert (done.differences, done.unclear) == ((), ())
    assert await held_here(stage) == await held_there(stage)
    events = (await stage.house())["events_received"]
    assert [(event["type"], event["problem"], event["times"]) for event in events if event["problem"]] == []
    told = Counter(_named(event["data"]) for event in events if event["type"] in REFUNDED)
    assert told == Counter(name for charge in await our_charges(stage) for name in _returns(charge))


async def held_here(stage: Stage) -> dict[str, int]:
    """What our books say that the gateway holds, by currency."""
    async with stage.assembly.store.transaction() as tx:
        balances = await tx.balances()
    return {
        each.amount.currency: each.amount.value for each in balances if _is_at_gateway(each.account, each.amount.value)
    }


async def held_there(stage: Stage) -> dict[str, int]:
    """What the gateway's book says that it holds, by currency."""
    held: Counter[str] = Counter()
    for charge in await stage.charges():
        held[(charge["received"] or charge["amount"])["currency"]] += int(charge["net"])
    return {currency: value for currency, value in held.items() if value}


async def balance(stage: Stage, account: Account) -> int:
    """What an account of our books holds of yen."""
    async with stage.assembly.store.transaction() as tx:
        balances = await tx.balances()
    return sum(each.amount.value for each in balances if each.account is account and each.amount.currency == "JPY")


async def unsettled(stage: Stage) -> list[Unsettled]:
    """All money that is not where it ends, by why."""
    await stage.quiet()
    async with stage.assembly.store.transaction() as tx:
        return [item.why for item in await tx.open_items(stage.assembly.clock.now())]


async def our_charges(stage: Stage) -> list[Json]:
    """The charges of the gateway's book that are of our journeys."""
    known = {row["id"] for row in await stage.pool.fetch("select id from charge")}
    return [charge for charge in await stage.charges() if charge["paymentRequestId"] in known]


async def sweep(stage: Stage, *, refund_time: timedelta) -> None:
    """The sweep looks around now, where a refund may take no longer than this."""
    service = stage.assembly
    sweep = Sweep(service.store, service.desk, replace(service.rules, refund_time=refund_time), service.clock)
    await sweep.run(Sweeping(), Claim(line="sweep", fence=0, work_id=0, work=Sweeping(), attempts=1))
    await stage.quiet()


def _is_at_gateway(account: Account, value: int) -> bool:
    return account is Account.GATEWAY and value != 0


def _named(data: Json) -> tuple[str, str]:
    return data["payment_id"], data["amount"]["value"]


def _returns(charge: Json) -> Iterator[tuple[str, str]]:
    """Each time that money went back: a refund, or a charge that was closed after it was paid."""
    if charge["status"] == "CANCELLED" and charge["paid"] != "0":
        yield charge["paymentId"], charge["paid"]
    for refund in charge["refunds"]:
        if refund["status"] == "SUCCESS":
            yield charge["paymentId"], refund["amount"]["value"]
