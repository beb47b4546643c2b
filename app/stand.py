"""The stand: three simulators on loopback, and the settings with which the real service uses them."""

import secrets
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sandbox import alipay, auction, telegram
from sandbox.journeys import Addresses

HOST = "127.0.0.1"
LISTENED = range(20_000, 32_000)
"""Below the ports that systems give to outgoing connections (Linux from 32,768 on, others from 49,152)."""

TOKEN = "1000001:stand-of-this-machine"  # noqa: S105 - the simulator's, good nowhere else
CLIENT_ID = "SANDBOX_STAND_0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the browser chat, the auction house, Alipay and the service listen; 0 takes a free one."""

    telegram: int = 0
    auction: int = 0
    alipay: int = 0
    service: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """The running simulators, and the service's settings as environment variables."""

    addresses: Addresses
    service: str
    environment: dict[str, str]


@asynccontextmanager
async def stand(folder: Path, ports: Ports, *, webhook: bool = False) -> AsyncIterator[Stand]:
    """Start the simulators; `folder` keeps their keys. With `webhook`, the service is called instead of polling."""
    async with AsyncExitStack() as stack:
        sockets = {name: _bind(getattr(ports, name)) for name in ("telegram", "auction", "alipay")}
        url = {name: f"http://{HOST}:{found.getsockname()[1]}" for name, found in sockets.items()}
        url["service"] = f"http://{HOST}:{ports.service or free_port()}"
        merchant, house_of_pay = _keys(folder)
        api_key, secret = secrets.token_urlsafe(24), f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        applications = {
            "telegram": telegram.Server(token=TOKEN, username="stand_bot", name="JDirectItems × Alipay").application(),
            "auction": auction.Server(
                api_key=api_key,
                webhook_secret=secret,
                events_url=f"{url['service']}/auction/events",
                bot_link=f"{url['telegram']}/?start={{code}}",
                public_url=url["auction"],
            ).application(),
            "alipay": alipay.Server(
                client_id=CLIENT_ID,
                merchant_public_key=_public(merchant),
                private_key=house_of_pay,
                root_url=url["alipay"],
                merchant_name="JDirectItems Auction",
            ).application(),
        }
        for name, application in applications.items():
            await stack.enter_async_context(_running(application, sockets[name]))
        yield Stand(
            addresses=Addresses(telegram=url["telegram"], auction=url["auction"], alipay=url["alipay"]),
            service=url["service"],
            environment=_environment(folder, url, api_key, secret, webhook=webhook),
        )


def _environment(folder: Path, url: dict[str, str], api_key: str, secret: str, *, webhook: bool) -> dict[str, str]:
    variables = {
        "LISTEN": url["service"].removeprefix("http://"),
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": url["telegram"],
        "ANTOM_URL": url["alipay"],
        "ANTOM_CLIENT_ID": CLIENT_ID,
        "ANTOM_PRIVATE_KEY_FILE": str(folder / "merchant.pem"),
        "ANTOM_PUBLIC_KEY_FILE": str(folder / "antom.pub.pem"),
        "AUCTION_URL": url["auction"],
        "AUCTION_API_KEY": api_key,
        "AUCTION_WEBHOOK_SECRET": secret,
        "AUCTION_ITEM_URL": f"{url['auction']}/item/jdirectitems/auction/{{auction_id}}",
        "AUCTION_PAYMENTS_URL": f"{url['auction']}/myorders/other-payment",
    }
    if webhook:
        variables |= {"PUBLIC_URL": url["service"], "TELEGRAM_SECRET": secrets.token_urlsafe(24)}
    return {f"ALIPAY_BOT_{name}": value for name, value in variables.items()}


@asynccontextmanager
async def _running(application: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        yield
    finally:
        await runner.cleanup()


def free_port() -> int:
    """A port for somebody who listens a little later; until then no outgoing connection is given it."""
    while True:
        with suppress(OSError), _bind(secrets.choice(LISTENED)) as found:
            return int(found.getsockname()[1])


def _bind(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


def _keys(folder: Path) -> tuple[str, str]:
    """The merchant's and the simulated gateway's private keys, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    merchant, gateway = (_key(folder / name) for name in ("merchant.pem", "antom.pem"))
    (folder / "antom.pub.pem").write_text(_public(gateway))
    return merchant, gateway


def _key(path: Path) -> str:
    if not path.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path.read_text()


def _public(private: str) -> str:
    key = load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
