"""Settings: every mistake has its own line, and secrets stay out of it."""

from pathlib import Path

import pytest

from app import settings
from app.settings import BadSettings, Settings

GOOD = {
    "ALIPAY_BOT_TELEGRAM_TOKEN": "123456:a-canary-token",
    "ALIPAY_BOT_ANTOM_CLIENT_ID": "SANDBOX_1",
    "ALIPAY_BOT_ANTOM_PRIVATE_KEY_FILE": "merchant.pem",
    "ALIPAY_BOT_ANTOM_PUBLIC_KEY_FILE": "new.pem, old.pem",
    "ALIPAY_BOT_AUCTION_URL": "https://auction.example/api/",
    "ALIPAY_BOT_AUCTION_API_KEY": "a-canary-key",
    "ALIPAY_BOT_AUCTION_WEBHOOK_SECRET": "whsec_new,whsec_old",
}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (settings.variable(field) for field in Settings.model_fields):
        monkeypatch.delenv(name, raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **changed: str | None) -> None:
    for name, value in (GOOD | changed).items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_what_is_not_set_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch)

    loaded = settings.load()

    assert loaded.root_url == "http://127.0.0.1:8080"
    assert (loaded.host, loaded.port) == ("127.0.0.1", 8080)
    assert loaded.database_url is None
    assert loaded.payment_minutes == 14
    assert (loaded.refund_alarm_minutes, loaded.inquiry_hours) == (10, 24)
    assert loaded.reminder_hours == (24, 6, 1)


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, ALIPAY_BOT_PAY_HOSTS="pay.example, other.example")

    loaded = settings.load()

    assert loaded.antom_public_key_file == (Path("new.pem"), Path("old.pem"))
    assert [secret.get_secret_value() for secret in loaded.auction_webhook_secret] == ["whsec_new", "whsec_old"]
    assert loaded.pay_hosts == ("pay.example", "other.example")


@pytest.mark.parametrize(("hours", "ladder"), [("48, 1.5", (48, 1.5)), ("2", (2,)), ("", ())])
def test_reminders_are_as_many_as_the_operator_wants(
    monkeypatch: pytest.MonkeyPatch, hours: str, ladder: tuple[float, ...]
) -> None:
    given(monkeypatch, ALIPAY_BOT_REMINDER_HOURS=hours)

    assert settings.load().reminder_hours == ladder


def test_a_file_beside_the_command_is_read_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ALIPAY_BOT_SHOP_NAME=My shop\n")
    given(monkeypatch)

    assert settings.load().shop_name == "My shop"


def test_a_name_that_is_no_setting_is_refused_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("ALIPAY_BOT_TELEGRM_TOKEN=1\n")
    given(monkeypatch, ALIPAY_BOT_PUBLIC_ADDRESS="https://bot.example")

    with pytest.raises(BadSettings) as refused:
        settings.load()

    assert "ALIPAY_BOT_PUBLIC_ADDRESS: no such setting" in str(refused.value)
    assert "ALIPAY_BOT_TELEGRM_TOKEN: no such setting" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALIPAY_BOT_TELEGRAM_TOKEN", None),
        ("ALIPAY_BOT_TELEGRAM_TOKEN", "a-canary-token"),
        ("ALIPAY_BOT_PUBLIC_URL", "http://bot.example"),
        ("ALIPAY_BOT_PUBLIC_URL", "https://a-canary:b@bot.example"),
        ("ALIPAY_BOT_ANTOM_URL", "alipays://a-canary"),
        ("ALIPAY_BOT_AUCTION_ITEM_URL", "https://shop.example/item/"),
        ("ALIPAY_BOT_LISTEN", "8080"),
        ("ALIPAY_BOT_PAYMENT_MINUTES", "0"),
        ("ALIPAY_BOT_REMINDER_HOURS", "24,-1"),
        ("ALIPAY_BOT_REMINDER_HOURS", "nan"),
        ("ALIPAY_BOT_REMINDER_HOURS", "1,2,3,4,5,6,7,8,9"),
        ("ALIPAY_BOT_LOG_LEVEL", "LOUD"),
        ("DATABASE_URL", "mysql://a-canary"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    given(monkeypatch, **{name: value})

    with pytest.raises(BadSettings) as refused:
        settings.load()

    assert f"({name}: " in str(refused.value)
    assert "a-canary" not in str(refused.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, DATABASE_URL="postgresql://user:a-canary-password@db/x")

    assert "canary" not in repr(settings.load())
