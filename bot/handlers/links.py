"""Pasted links: items of this auction house, and anything else."""

from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import ForeignLinkShown, ProductShown


@dataclass(frozen=True, slots=True)
class OnProductLink:
    """A link to an item of this auction house."""

    def __call__(self, heard: Heard) -> ProductShown | None:
        if heard.auction_id is None:
            return None
        return ProductShown(person=heard.person, auction_id=heard.auction_id)


@dataclass(frozen=True, slots=True)
class OnForeignLink:
    """A link to anything else."""

    def __call__(self, heard: Heard) -> ForeignLinkShown | None:
        return ForeignLinkShown(person=heard.person) if heard.has_link else None
