"""Where the others are."""

from dataclasses import dataclass


@dataclass
class Addresses:
    """May be set until the server starts, as ports are known late.

    `events_url` is the bot's `/auction/events`, `bot_link` leads into a chat with it and holds `{code}`,
    `public_url` is this house's own root without a slash at the end.
    """

    events_url: str = ""
    bot_link: str = ""
    public_url: str = ""

    def start_link(self, code: str) -> str:
        return self.bot_link.replace("{code}", code)
