"""Catalogues of words: a key and values to a text in the buyer's language, money and moments written their way."""

import gettext
import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_timedelta, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from markupsafe import Markup

from flow.money import DECIMALS, Money
from service import zones
from service.languages import DEFAULT

CHINA = "Asia/Shanghai"
"""The zone whose time its people call by another city's name."""

DAY, HOUR = 24 * 60, 60
"""In minutes."""


class MissingText(LookupError):
    """This key is in no catalogue; add it to every language's .po file."""


class Texts:
    """All languages of one domain, read from `folder/<language>/LC_MESSAGES/<domain>.po` with no compile step.

    A text of the catalogue is trusted HTML; every value put into it is escaped unless it is `Markup` itself.
    """

    def __init__(self, folder: Path, domain: str) -> None:
        self._catalogues = {path.parts[-3]: _read(path) for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po"))}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have a catalogue."""
        return tuple(self._catalogues)

    def __call__(self, language: str, key: str, /, **values: object) -> Markup:
        """The text of `key`, in English where the language has none. Raises MissingText."""
        return Markup(self._pattern(language, key)).format(**values)  # noqa: S704 - catalogues are ours

    def money(self, language: str, money: Money) -> str:
        """An amount with the currency's name, since `¥` is yen to one reader and yuan to the other."""
        major = Decimal(money.value).scaleb(-DECIMALS[money.currency])
        return format_currency(major, money.currency, locale=language, format_type="name")

    def moment(self, language: str, moment: datetime, zone: str) -> str:
        """A moment in the reader's zone, whose name stands beside it."""
        local = moment.astimezone(zones.zone_of(zone))
        when = f"{format_skeleton('MMMd', local, locale=language)} {local:%H:%M}"
        place = self(language, "zone.china") if zone == CHINA else self.zone(language, zone)
        return self(language, "zone.city" if "/" in zone else "zone.offset", when=when, place=place).unescape()

    def duration(self, language: str, duration: timedelta) -> str:
        """A span of time in one unit, rounded down: days from two on, else hours from two on, else minutes."""
        minutes = max(1, round(duration.total_seconds()) // 60)
        size = next((size for size in (DAY, HOUR) if minutes >= 2 * size or minutes == size), 1)
        count = minutes // size
        # The threshold is what makes it this unit: Babel takes the largest that the span comes to so many of.
        return format_timedelta(timedelta(minutes=count * size), threshold=count, granularity="minute", locale=language)

    def zone(self, language: str, name: str) -> str:
        """The city that a time zone is named after; an offset as it is."""
        if "/" not in name:
            return name
        return get_timezone_location(ZoneInfo(name), locale=language, return_city=True)

    def _pattern(self, language: str, key: str) -> str:
        for tried in (language, DEFAULT):
            catalogue = self._catalogues.get(tried)
            if catalogue and (found := catalogue.gettext(key)) != key:
                return found
        raise MissingText(key)


def _read(path: Path) -> gettext.GNUTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
