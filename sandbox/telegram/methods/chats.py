"""getChat, getChatMember."""

from __future__ import annotations

from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.methods import target
from sandbox.telegram.methods.method import Method
from sandbox.telegram.params import ChatId, Params
from sandbox.telegram.world import Chat, User

ADMINISTRATOR_RIGHTS = dict.fromkeys(
    (
        "can_be_edited",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_pin_messages",
        "can_manage_topics",
        "is_anonymous",
    ),
    False,
) | {"can_manage_chat": True, "can_delete_messages": True, "can_manage_topics": True}
FULL_INFO: Json = {
    "accent_color_id": 0,
    "max_reaction_count": 11,
    "accepted_gift_types": {
        "unlimited_gifts": False,
        "limited_gifts": False,
        "unique_gifts": False,
        "premium_subscription": False,
        "gifts_from_channels": False,
    },
}


class GetChat(Params):
    chat_id: ChatId


class GetChatMember(Params):
    chat_id: ChatId
    user_id: int


async def get_chat(backend: Backend, params: GetChat) -> Json:
    return {**target.readable_chat(backend, params.chat_id).to_json(), **FULL_INFO}


async def get_chat_member(backend: Backend, params: GetChatMember) -> Json:
    chat = target.readable_chat(backend, params.chat_id)
    user = backend.bot if params.user_id == backend.bot.id else backend.world.people.get(params.user_id)
    if user is None:
        raise bad_request(Words.MEMBER_NOT_FOUND)
    return member(user, status(chat, user))


def status(chat: Chat, user: User) -> str:
    if not chat.is_private:
        return chat.members.get(user.id, "left")
    return "kicked" if user.is_bot and chat.blocked else "member"


def member(user: User, status: str) -> Json:
    """A ChatMember object."""
    extras: dict[str, Json] = {
        "administrator": ADMINISTRATOR_RIGHTS,
        "creator": {"is_anonymous": False},
        "kicked": {"until_date": 0},
    }
    return {"user": user.to_json(), "status": status, **extras.get(status, {})}


METHODS = {
    "getChat": Method(GetChat, get_chat),
    "getChatMember": Method(GetChatMember, get_chat_member),
}
