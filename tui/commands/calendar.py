"""`calendar show / add`: rest days, make-up days and office hours that limits are counted by (K05-R14)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands.table import Column
from tui.language import label, tr

if TYPE_CHECKING:
    from store.views.calendars import YearLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("calendar", tr("rest days, make-up days and office hours"))
    leaf = group.command("show", tr("the calendar, or one year of it"), show)
    leaf.add_argument("year", nargs="?", type=int, metavar="YEAR", help=tr("the year (all of them)"))
    leaf = group.command("add", tr("take in the calendar of a year; the newest file of a year counts"), take)
    leaf.add_argument("file", metavar="FILE", help=tr("the TOML file, in the form of docs/time.md"))
    leaf.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))


def show(call: Call) -> int:
    """`{"calendar", "hours": [[from, to]…], "years": [{year, source, provisional, working_days, make_up, holidays,
    unresolved}…]}`; `source` is `shipped` or `store`."""
    from store.views.calendars import calendar

    view = call.read(calendar, call.profile, call.args.year)
    if call.json:
        return call.document(view)
    hours = ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in view.hours) or tr("round the clock")
    call.say(tr("Calendar {name}, office hours {hours}.", name=view.calendar, hours=hours))
    if not view.years:
        return call.say(tr("No data for this year: weekday rules are used (K05-R14)."))
    no_rest = tr(" (a working day)")
    for line in view.years:
        call.say("", _head(line))
        call.table(
            [Column(tr("first day")), Column(tr("last day")), Column(tr("what"), least=10), Column(tr("name"))],
            [
                [h.first.isoformat(), h.last.isoformat(), label(h.label) + ("" if h.rest else no_rest), h.id]
                for h in line.holidays
            ],
        )
        if line.make_up:
            call.say(tr("Make-up working days: {days}.", days=", ".join(str(day) for day in line.make_up)))
    return 0


def _head(line: YearLine) -> str:
    where = tr("added to the store") if line.source == "store" else tr("shipped")
    said = tr("{year} ({where}): {n} working days.", year=line.year, where=where, n=line.working_days)
    if line.provisional:
        said += " " + tr("Provisional: no make-up days yet; add the file of the yearly notice.")
    return said


def take(call: Call) -> int:
    """`{"calendar", "year"}`."""
    from store.actions.clocks import calendars

    path = Path(call.args.file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("bad_file", file=str(path), reason="UTF-8") from error
    year = call.store.write(
        calendars.add, call.profile, call.actor, call.now, text, str(path), request_id=call.request_id
    )
    if call.json:
        return call.document({"calendar": call.profile.calendar, "year": year})
    return call.say(tr("{year} taken in; due times already set stay as they are.", year=year))
