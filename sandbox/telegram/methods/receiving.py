"""getUpdates, setWebhook, deleteWebhook, getWebhookInfo."""

from __future__ import annotations

import re

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import bad_request, conflict
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.links import is_loopback, split
from sandbox.telegram.methods.method import Described, Method
from sandbox.telegram.params import Names, Params, Text
from sandbox.telegram.polling import OTHER_WEBHOOK
from sandbox.telegram.updates import DEFAULT_KINDS
from sandbox.telegram.webhook import Settings

WEBHOOK_IS_SET = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class GetUpdates(Params):
    offset: int = 0
    limit: int = rules.POLL_UPDATES
    timeout: int = 0
    allowed_updates: Names | None = None


class SetWebhook(Params):
    url: Text = ""
    secret_token: Text = ""
    max_connections: int = rules.WEBHOOK_DEFAULT_CONNECTIONS
    allowed_updates: Names | None = None
    drop_pending_updates: bool = False


class DeleteWebhook(Params):
    drop_pending_updates: bool = False


async def get_updates(backend: Backend, params: GetUpdates) -> list[Json]:
    if backend.webhook.settings:
        raise conflict(WEBHOOK_IS_SET)
    backend.updates.allow(params.allowed_updates)
    limit = min(max(params.limit, 1), rules.POLL_UPDATES)
    seconds = min(max(params.timeout, 0), rules.POLL_SECONDS)
    return [update.to_json() for update in await backend.polling.take(params.offset, limit, seconds)]


async def set_webhook(backend: Backend, params: SetWebhook) -> Described:
    if not params.url:
        return _unset(backend, drop=params.drop_pending_updates)
    _check(params)
    if params.drop_pending_updates:
        backend.updates.forget_all()
    backend.updates.allow(params.allowed_updates)
    backend.polling.interrupt(conflict(OTHER_WEBHOOK))
    connections = min(max(params.max_connections, 1), rules.WEBHOOK_CONNECTIONS)
    settings = Settings(params.url, params.secret_token, connections)
    if settings == backend.webhook.settings:
        return Described("Webhook is already set")
    backend.webhook.set(settings)
    return Described("Webhook was set")


async def delete_webhook(backend: Backend, params: DeleteWebhook) -> Described:
    return _unset(backend, drop=params.drop_pending_updates)


async def get_webhook_info(backend: Backend, _params: Params) -> Json:
    settings, failure = backend.webhook.settings, backend.webhook.last_failure
    info: Json = {
        "url": settings.url if settings else "",
        "has_custom_certificate": False,
        "pending_update_count": len(backend.updates),
    }
    if settings:
        info["max_connections"] = settings.max_connections
    if failure:
        info |= {"last_error_date": int(failure.at.timestamp()), "last_error_message": failure.words}
    if backend.updates.kinds != DEFAULT_KINDS:
        info["allowed_updates"] = sorted(backend.updates.kinds)
    return info


def _check(params: SetWebhook) -> None:
    parts = split(params.url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if len(params.secret_token) > rules.SECRET_TOKEN_LENGTH:
        raise bad_request("secret token is too long")
    if not re.fullmatch(rules.BASE64URL, params.secret_token):
        raise bad_request("secret token contains unallowed characters")
    if not is_loopback(params.url):
        # The emulator reaches this machine alone, by http; a local Bot API server takes http too.
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")


def _unset(backend: Backend, *, drop: bool) -> Described:
    was_set = backend.webhook.settings is not None
    backend.webhook.unset()
    if drop:
        backend.updates.forget_all()
    return Described("Webhook was deleted" if was_set else "Webhook is already deleted")


METHODS = {
    "getUpdates": Method(GetUpdates, get_updates),
    "setWebhook": Method(SetWebhook, set_webhook),
    "deleteWebhook": Method(DeleteWebhook, delete_webhook),
    "getWebhookInfo": Method(Params, get_webhook_info),
}
