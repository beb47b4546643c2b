"""What Prometheus reads about the money, as the store tells it at that moment."""

import asyncio
from dataclasses import replace

from prometheus_client import CollectorRegistry

from flow.ledger import Account
from flow.money import Money
from service.errors import Unavailable
from service.records import Balance, Unsettled
from service.statements import Figures
from tests.web.conftest import Client, Connect
from web.doors import Doors

SOME = Figures(
    open_items={Unsettled.SUSPENSE: 2, Unsettled.REFUND_BOUNCED: 0},
    oldest={Unsettled.SUSPENSE: 90.5, Unsettled.REFUND_BOUNCED: 0.0},
    balances=[Balance(account=Account.GATEWAY, amount=Money("JPY", 12300))],
    dead_work={"Report": 3},
    unknown_events={"bid.withdrawn": 4},
    gone_orders=7,
)
NOTHING = Figures(open_items={Unsettled.SUSPENSE: 0}, oldest={}, balances=(), dead_work={})


class Source:
    """Tells the next of the figures; an error is raised."""

    def __init__(self, *told: Figures | Exception) -> None:
        self._told = list(told)

    async def figures(self) -> Figures:
        told = self._told.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


async def scraped(client: Client) -> list[str]:
    answer = await client.get("/metrics")
    assert answer.status == 200
    return [line for line in (await answer.text()).splitlines() if not line.startswith("#")]


def money(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("alipay_bot_")]


async def test_the_figures_of_the_moment(connect: Connect, doors: Doors) -> None:
    client = await connect(replace(doors, figures=Source(SOME).figures, registry=CollectorRegistry()))

    assert sorted(money(await scraped(client))) == [
        'alipay_bot_account_balance{account="gateway",currency="JPY"} 12300.0',
        'alipay_bot_dead_work{kind="Report"} 3.0',
        'alipay_bot_oldest_open_item_seconds{why="refund_bounced"} 0.0',
        'alipay_bot_oldest_open_item_seconds{why="suspense"} 90.5',
        'alipay_bot_open_items{why="refund_bounced"} 0.0',
        'alipay_bot_open_items{why="suspense"} 2.0',
        'alipay_bot_orders{state="gone"} 7.0',
        "alipay_bot_store_up 1.0",
        'alipay_bot_unknown_events{type="bid.withdrawn"} 4.0',
    ]


async def test_what_is_no_more_is_not_shown(connect: Connect, doors: Doors) -> None:
    client = await connect(replace(doors, figures=Source(SOME, NOTHING).figures, registry=CollectorRegistry()))
    await scraped(client)

    assert sorted(money(await scraped(client))) == [
        'alipay_bot_open_items{why="suspense"} 0.0',
        'alipay_bot_orders{state="gone"} 0.0',
        "alipay_bot_store_up 1.0",
    ]


async def test_without_the_store_the_rest_is_told(connect: Connect, doors: Doors) -> None:
    source = Source(SOME, Unavailable("store"), SOME)
    client = await connect(replace(doors, figures=source.figures, registry=CollectorRegistry()))
    await scraped(client)

    away = await scraped(client)

    assert money(away) == ["alipay_bot_store_up 0.0"]
    assert 'web_requests_total{route="/metrics",status="200"} 1.0' in away
    assert "alipay_bot_store_up 1.0" in await scraped(client)


async def test_a_store_that_hangs_holds_no_scrape_up(connect: Connect, doors: Doors) -> None:
    async def hang() -> Figures:
        await asyncio.Event().wait()
        return NOTHING

    doors = replace(doors, figures=hang, ready_seconds=0.05, registry=CollectorRegistry())

    assert money(await scraped(await connect(doors))) == ["alipay_bot_store_up 0.0"]
