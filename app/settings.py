"""Every setting of the service: environment or `.env`, read once."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.errors import AssistantError

PREFIX = "ALIPAY_BOT_"


class BadSettings(AssistantError):
    """The settings cannot be used; each line of the detail names one and what is wrong with it."""


def _comma(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def default_data_dir() -> Path:
    """Beside the project; for root, whose projects other users may not enter, `/var/lib/alipay-bot`."""
    return Path("/var/lib/alipay-bot") if os.geteuid() == 0 else Path(__file__).parents[1] / ".data"


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_comma)]
Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_comma)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_comma)]
Hours = Annotated[
    tuple[Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)], ...], NoDecode, BeforeValidator(_comma)
]


class Settings(BaseSettings):
    """What an operator can set. Names in the environment carry the prefix `ALIPAY_BOT_`, but for `DATABASE_URL`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = Field(
        None, validation_alias="DATABASE_URL", description="PostgreSQL 14 or newer; unset: an embedded server"
    )
    data_dir: Path = Field(default_factory=default_data_dir, description="where the embedded server keeps its data")
    postgres_bin: Path | None = Field(None, description="the folder of PostgreSQL's programs; unset: found or bundled")
    listen: str = Field("127.0.0.1:8080", pattern=r"^\S+:\d{1,5}$", description="address and port of the web server")
    public_url: str | None = Field(None, description="https address under which the web server is reached")
    telegram_token: SecretStr = Field(description="the bot's token from BotFather")
    telegram_api_url: str = Field("https://api.telegram.org", description="root of the Bot API server")
    telegram_secret: Secrets = Field((), description="secrets of the webhook, newest first")
    antom_url: str = Field("https://open-sea-global.alipay.com", description="root of the gateway")
    antom_client_id: str = Field(description="the merchant's client id; `SANDBOX_...` takes the sandbox paths")
    antom_private_key_file: Path = Field(description="our RSA key: PEM, or the bare base64 of Antom's dashboard")
    antom_public_key_file: Paths = Field(description="the gateway's RSA keys, newest first")
    auction_url: str = Field(description="root of the auction house's API")
    auction_api_key: SecretStr = Field(description="bearer key for the auction house's API")
    auction_webhook_secret: Secrets = Field(description="`whsec_...` of both directions, newest first")
    auction_item_url: str = Field(
        "https://buyee.jp/item/jdirectitems/auction/{auction_id}", description="address of an item's page"
    )
    auction_payments_url: str | None = Field(None, description="the page with the *Other Payment* list")
    shop_name: str = Field("JDirectItems Auction", min_length=1, max_length=64, description="who is paid")
    support_chat_id: int | None = Field(None, description="the staff's chat")
    payment_minutes: int = Field(14, ge=1, le=1440, description="how long a link can be paid")
    refund_alarm_minutes: int = Field(10, ge=1, le=1440, description="when a refund is late")
    inquiry_hours: int = Field(24, ge=1, le=168, description="how long an opened charge is asked about")
    send_rate: int = Field(
        30, ge=1, le=1000, description="messages a second over all processes; above 30, Telegram charges 0.1 Stars each"
    )
    chat_gap: float = Field(
        1.0,
        ge=0,
        le=60,
        description="seconds between two messages to one chat; to a group, three times as many, and 3 at least. "
        "0 is no pace at all, for trials",
    )
    reminder_hours: Hours = Field(
        (24, 6, 1), max_length=8, description="how long before the deadline buyers are reminded; empty: not at all"
    )
    orders_check_hours: float = Field(
        6, gt=0, le=168, description="within which time all unpaid orders are compared with the auction house's"
    )
    retention_days: int = Field(90, ge=7, le=3650, description="how long letters, deliveries and taken events are kept")
    pay_hosts: Hosts = Field(
        ("open-sea-global.alipay.com", "open-na-global.alipay.com", "open-de-global.alipay.com", "qr.alipay.com"),
        description="exact hosts that a payment link may have",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="how much is logged")
    log_format: Literal["text", "json"] = Field("text", description="log lines for people, or JSON")

    @field_validator("public_url", "telegram_api_url", "antom_url", "auction_url", "auction_payments_url")
    @classmethod
    def _secure(cls, url: str | None) -> str | None:
        """Https, or http on this machine (rule 10 of the design)."""
        return None if url is None else _checked(url.rstrip("/"))

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("auction_item_url")
    @classmethod
    def _template(cls, url: str) -> str:
        if url.count("{auction_id}") != 1:
            raise ValueError("must hold {auction_id} once")
        return _checked(url)

    @field_validator("telegram_token")
    @classmethod
    def _token(cls, token: SecretStr) -> SecretStr:
        number, _, rest = token.get_secret_value().partition(":")
        if not (number.isdigit() and rest):
            raise ValueError("must look like 123456:ABC...")
        return token

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def root_url(self) -> str:
        """Where the pages and the notify address are."""
        return self.public_url or f"http://{self.listen}"

    @property
    def is_loopback(self) -> bool:
        """Whether buyers' phones cannot open our pages."""
        return is_loopback(self.root_url)


LOOPBACK = ("127.0.0.1", "localhost", "::1")


def is_loopback(url: str) -> bool:
    """Whether an address is this very machine."""
    return urlsplit(url).hostname in LOOPBACK


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.username or parts.password or not parts.hostname:
        raise ValueError("must be an address with a host, and with no user or password in it")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)):
        return url
    raise ValueError("must begin with https:// (http:// only for this machine)")


def load() -> Settings:
    """The settings of this process. Raises BadSettings, with a line for each that is wrong."""
    unknown = _unknown()
    if unknown:
        raise BadSettings("; ".join(f"{name}: no such setting" for name in unknown))
    return given({})


def given(variables: Mapping[str, str]) -> Settings:
    """The settings with these variables, which go before the environment's. Raises BadSettings."""
    fields = ((field, variable(field)) for field in Settings.model_fields)
    named: dict[str, Any] = {field: variables[name] for field, name in fields if name in variables}
    if "database_url" in named:
        named["DATABASE_URL"] = named.pop("database_url")
    try:
        return Settings(**named)
    except ValidationError as error:
        raise BadSettings("; ".join(_line(each) for each in error.errors())) from None


def variable(field: str) -> str:
    """A setting's name in the environment."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{field.upper()}"


def _unknown() -> list[str]:
    known = {variable(field) for field in Settings.model_fields}
    names = set(os.environ) | set(_dotenv())
    return sorted(name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known)


def _dotenv() -> Mapping[str, str | None]:
    from dotenv import dotenv_values

    return dotenv_values(".env")


def _line(error: Mapping[str, object]) -> str:
    location = error["loc"]
    field = str(location[0]) if isinstance(location, tuple) and location else ""
    name = variable(field.lower()) if field.lower() in Settings.model_fields else field
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}"
