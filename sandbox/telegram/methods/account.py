"""getMe, commands, name and descriptions, logOut, close."""

from __future__ import annotations

import re

from pydantic import Field

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.formatted import units
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.methods.method import Method
from sandbox.telegram.params import JsonArray, JsonObject, Params, Text
from sandbox.telegram.profile import DEFAULT_SCOPE, Scope, for_language, put

GENERAL_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
CHAT_SCOPES = frozenset({"chat", "chat_administrators", "chat_member"})


class InLanguage(Params):
    language_code: Text = ""


class CommandsOf(InLanguage):
    scope: JsonObject = Field(default_factory=dict)


class SetMyCommands(CommandsOf):
    commands: JsonArray = Field(default_factory=list)


class SetMyName(InLanguage):
    name: Text = ""


class SetMyDescription(InLanguage):
    description: Text = ""


class SetMyShortDescription(InLanguage):
    short_description: Text = ""


async def get_me(backend: Backend, _params: Params) -> Json:
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": True,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
    return {**backend.bot.to_json(), **abilities}


async def set_commands(backend: Backend, params: SetMyCommands) -> bool:
    key = _scope(params.scope), _language(params)
    if len(params.commands) > rules.COMMANDS:
        raise bad_request(Words.COMMANDS_TOO_MANY)
    commands = [_command(command) for command in params.commands]
    if commands:
        backend.profile.commands[key] = commands
    else:
        backend.profile.commands.pop(key, None)
    return True


async def get_commands(backend: Backend, params: CommandsOf) -> list[Json]:
    return backend.profile.commands.get((_scope(params.scope), _language(params)), [])


async def delete_commands(backend: Backend, params: CommandsOf) -> bool:
    backend.profile.commands.pop((_scope(params.scope), _language(params)), None)
    return True


async def set_name(backend: Backend, params: SetMyName) -> bool:
    _measure(params.name, rules.NAME_UNITS, "name")
    put(backend.profile.names, _language(params), params.name)
    return True


async def get_name(backend: Backend, params: InLanguage) -> Json:
    return {"name": for_language(backend.profile.names, _language(params))}


async def set_description(backend: Backend, params: SetMyDescription) -> bool:
    _measure(params.description, rules.DESCRIPTION_UNITS, "description")
    put(backend.profile.descriptions, _language(params), params.description)
    return True


async def get_description(backend: Backend, params: InLanguage) -> Json:
    return {"description": for_language(backend.profile.descriptions, _language(params))}


async def set_short_description(backend: Backend, params: SetMyShortDescription) -> bool:
    _measure(params.short_description, rules.SHORT_DESCRIPTION_UNITS, "short description")
    put(backend.profile.short_descriptions, _language(params), params.short_description)
    return True


async def get_short_description(backend: Backend, params: InLanguage) -> Json:
    return {"short_description": for_language(backend.profile.short_descriptions, _language(params))}


async def log_out(backend: Backend, _params: Params) -> bool:
    backend.logged_out = True
    backend.webhook.unset()
    return True


async def close(_backend: Backend, _params: Params) -> bool:
    return True


def _language(params: InLanguage) -> str:
    if not re.fullmatch(r"(?:[a-z]{2})?", params.language_code):
        raise bad_request(Words.LANGUAGE)
    return params.language_code


def _scope(scope: Json) -> Scope:
    kind = scope.get("type", "default")
    if kind in GENERAL_SCOPES:
        return (kind,) if kind != "default" else DEFAULT_SCOPE
    if kind not in CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if not scope.get("chat_id"):
        raise bad_request("can't parse BotCommandScope: Empty chat_id specified")
    return tuple(str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope)


def _command(command: Json) -> Json:
    name, description = command.get("command"), command.get("description")
    if not isinstance(name, str) or not re.fullmatch(rules.COMMAND_PATTERN, name.removeprefix("/")):
        raise bad_request(Words.COMMAND)
    if not isinstance(description, str) or not 1 <= units(description) <= rules.COMMAND_DESCRIPTION_UNITS:
        raise bad_request(Words.COMMAND_DESCRIPTION)
    return {"command": name.removeprefix("/"), "description": description}


def _measure(text: str, limit: int, name: str) -> None:
    # The real words for this case are not documented.
    if units(text) > limit:
        raise bad_request(f"{name} is too long")


METHODS = {
    "getMe": Method(Params, get_me),
    "setMyCommands": Method(SetMyCommands, set_commands),
    "getMyCommands": Method(CommandsOf, get_commands),
    "deleteMyCommands": Method(CommandsOf, delete_commands),
    "setMyName": Method(SetMyName, set_name),
    "getMyName": Method(InLanguage, get_name),
    "setMyDescription": Method(SetMyDescription, set_description),
    "getMyDescription": Method(InLanguage, get_description),
    "setMyShortDescription": Method(SetMyShortDescription, set_short_description),
    "getMyShortDescription": Method(InLanguage, get_short_description),
    "logOut": Method(Params, log_out),
    "close": Method(Params, close),
}
