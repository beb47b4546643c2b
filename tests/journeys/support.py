"""The staff's chat, as one of the people in it sees it."""

from dataclasses import dataclass

import aiohttp

from bot import catalogue
from sandbox.person import words
from service.languages import DEFAULT
from service.staff import Call
from tests.journeys.buyers import says


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportChat:
    """A group of the emulated Telegram with the bot and one person in it."""

    telegram: str
    session: aiohttp.ClientSession
    chat_id: int
    member: int

    async def cases(self) -> list[tuple[str, str]]:
        """Every call so far, oldest first: why, and the whole message."""
        url = f"{self.telegram}/people/{self.member}/messages"
        async with self.session.get(url, params={"chat_id": self.chat_id}) as answer:
            messages = (await answer.json())["messages"]
        texts = catalogue.texts()
        return [
            (call.value, words(message))
            for message in messages
            if says(texts, DEFAULT, message, "staff.case")
            for call in Call
            if words(message).startswith(texts(DEFAULT, f"staff.{call}").unescape() + "\n")
        ]


async def open_support_chat(telegram: str, session: aiohttp.ClientSession) -> SupportChat:
    """The staff's group, with the bot in it."""
    async with session.post(f"{telegram}/people", json={"first_name": "客服", "language_code": "en"}) as answer:
        member = (await answer.json())["id"]
    group = {"title": "Support", "is_forum": False, "members": [member], "bot": "member"}
    async with session.post(f"{telegram}/groups", json=group) as answer:
        chat_id = (await answer.json())["id"]
    return SupportChat(telegram=telegram, session=session, chat_id=chat_id, member=member)
