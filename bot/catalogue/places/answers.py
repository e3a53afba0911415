"""What a citizen reads about a place: today's name, who does what there, and honestly what is not confirmed yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.catalogue.phrases import Phrases
from bot.catalogue.places.models import Office, Unit
from bot.catalogue.places.names import Reading
from bot.catalogue.places.resolver import Found, Places
from bot.language.speaking import day as spoken_day

MOST_OPTIONS = 5


class PlaceTeller:
    """Texts about places on one day with one set of sentences."""

    def __init__(self, phrases: Phrases, places: Places, day: date) -> None:
        self._say, self._places, self._day = phrases.say, places, day

    def note(self, text: str) -> str | None:
        """One line for a message that names a place by what it was called before; None where nothing changed."""
        reading = self._places.resolve(text).reading
        if reading is None or not reading.renamed or self._past_review():
            return None
        if reading.old is None:
            former = f"{reading.unit.former_type} {reading.unit.name}"
            return _upper(self._say("utter_place_note_former", former=former, unit=reading.unit.full))
        district = self._district(reading)
        return _upper(self._say("utter_place_note", old=reading.old.full, district=district, unit=reading.unit.full))

    def offices(self, found: Found) -> str:
        """Which offices the one unit that was found has, and what each of them does."""
        reading = found.readings[0]
        unit = reading.unit
        centre, police = self._office(unit, "utter_place_centre"), self._office(unit, "utter_place_police")
        opening = self._say("utter_place_now" if reading.renamed else "utter_place_is", unit=unit.full)
        blocks = [" ".join([opening, *self._before(reading)])]
        blocks.append("\n".join([*centre, *police]))
        blocks.append(self._say("utter_place_anywhere"))
        if len(centre) == 1:
            blocks.append(self._say("utter_place_unconfirmed", unit=unit.full))
        if found.area and not reading.old:
            blocks.append(self._say("utter_place_elsewhere", area=found.area.full))
        if self._past_review():
            blocks.append(self._say("utter_place_past_review"))
        return "\n\n".join(blocks)

    def hours(self, unit: Unit | None) -> str:
        """When offices are open: the unit's own where confirmed, else what holds for all, else that it is not known."""
        lines = []
        known = [o for o in self._assertable(unit) if o.hours] if unit else []
        if unit and known:
            lines.append(self._say("utter_place_hours_known", unit=unit.full))
            lines += [line for o in known for line in self._office(unit, _phrase_of(o))]
        if not any(office.kind == "trung tâm" for office in known):
            lines.append(self._say("utter_ask_hours"))
        kinds = {office.kind for office in known}
        for common in self._places.contacts.common_hours:
            if common.kind not in kinds and common.assertable(self._day):
                lines.append(self._say("utter_place_common_hours", what=common.what, hours=common.hours))
        return "\n".join(lines)

    def hours_differ(self, units: Sequence[Unit]) -> bool:
        """True where knowing the unit would change the answer about opening hours."""
        return any(office.hours for unit in units for office in self._assertable(unit))

    def hotline(self) -> str:
        known = [line for line in self._places.contacts.hotlines if line.assertable(self._day)]
        if not known:
            return self._say("utter_place_hotline_none")
        return "\n".join(self._say("utter_place_hotline", name=line.name, phone=line.phone) for line in known)

    def question(self, found: Found) -> tuple[str, list[str]]:
        """What to ask where several units may be meant, and the option of each in the order of the readings.

        No options where there are too many to choose from: then the commune is asked for.
        """
        readings = found.readings
        if len(readings) > MOST_OPTIONS:
            if found.area is None:
                return self._say("utter_place_ask"), []
            return self._say("utter_place_ask_area", area=found.area.full, count=len(readings)), []
        plain = _is_split(readings) or found.only_area
        options = [self._option(reading, plain) for reading in readings[:MOST_OPTIONS]]
        numbered = [self._say("utter_clarify_numbered", number=n, option=o) for n, o in enumerate(options, 1)]
        return "\n".join([self._opening(found), *numbered, *self._help(found)]), options

    def _opening(self, found: Found) -> str:
        olds = {(r.old.full, r.old.district) for r in found.readings if r.old}
        if found.only_area and found.area:
            return self._say("utter_place_ask_area_few", area=found.area.full, count=len(found.readings))
        if _is_split(found.readings):
            (old, _), *_ = olds
            return self._say("utter_place_ask_split", old=old, count=len(found.readings))
        return self._say("utter_place_ask_several" if found.several else "utter_place_ask_which")

    def _help(self, found: Found) -> list[str]:
        return [self._say("utter_place_split_help")] if _is_split(found.readings) else []

    def _option(self, reading: Reading, plain: bool) -> str:
        if plain or reading.old is None:
            phrase = "utter_place_option" if plain else "utter_place_option_today"
            return _upper(self._say(phrase, unit=reading.unit.full))
        district = self._district(reading)
        return _upper(
            self._say("utter_place_option_old", old=reading.old.full, district=district, unit=reading.unit.full)
        )

    def _before(self, reading: Reading) -> list[str]:
        """The old name once, where it was the one that was said."""
        if not reading.renamed:
            return []
        if reading.old is None:
            return [self._say("utter_place_former", former=f"{reading.unit.former_type} {reading.unit.name}")]
        area = self._places.district(reading.old.district)
        province = area.province if area else ""
        district = self._district(reading)
        return [self._say("utter_place_before", old=reading.old.full, district=district, province=province)]

    def _district(self, reading: Reading) -> str:
        area = self._places.district(reading.old.district) if reading.old else None
        return area.full if area else ""

    def _assertable(self, unit: Unit) -> list[Office]:
        offices = [o for o in self._places.contacts.offices if o.unit == unit.code]
        return [office for office in offices if office.assertable(self._day)]

    def _office(self, unit: Unit, phrase: str) -> list[str]:
        """An office by name, with what is confirmed about it."""
        lines = [self._say(phrase, unit=unit.full)]
        for office in self._assertable(unit):
            if _phrase_of(office) != phrase:
                continue
            if office.address:
                lines.append(self._say("utter_place_address", address=office.address))
            if office.phone:
                lines.append(self._say("utter_place_phone", phone=office.phone))
            if office.hours:
                lines.append(self._say("utter_place_hours", hours=office.hours))
            lines.append(self._say("utter_place_checked", day=spoken_day(office.checked_on)))
        return lines

    def _past_review(self) -> bool:
        table = self._places.table
        return table is not None and not table.facts.assertable(self._day)


def _phrase_of(office: Office) -> str:
    return "utter_place_centre" if office.kind == "trung tâm" else "utter_place_police"


def _is_split(readings: Sequence[Reading]) -> bool:
    """True where one old commune came to several units."""
    names = {(r.old.full, r.old.district) if r.old and r.old.partly else None for r in readings}
    return len(names) == 1 and None not in names


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
