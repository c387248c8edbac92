# ruff: noqa: E501
"""A profile that does not fit together is refused with file, line and key; nothing is guessed, all of it is told."""

from __future__ import annotations

import re

import pytest

from store.errors import BadInput
from store.profiles import loader

HEAD = 'extends = "street"\nid = "mine"\n'


def refused(text: str, file: str = "mine.toml") -> dict[str, object]:
    with pytest.raises(BadInput) as caught:
        loader.parse(text, file)
    assert caught.value.code == "profile_invalid"
    return dict(caught.value.fields)


def flow(moves: str, steps: str = "", more: str = "") -> str:
    """A workflow of one's own with two steps and these moves."""
    steps = steps or '{ id = "first", holder = "centre", zh = "一", en = "one" }, { id = "last", holder = "nobody", closed = true, zh = "二", en = "two" },'
    return f'[[workflows]]\nid = "W-X"\nzh = "甲"\nen = "x"\nstart = "first"\n{more}\nsteps = [{steps}]\nmoves = [\n{moves}\n]\n'


CLOSE = '{ verb = "close", from = ["first"], to = "last", power = "close" },'


def clock(**values: str) -> str:
    """A clock of one's own; a value is TOML, an empty one leaves the key out."""
    given = {
        "id": '"x.y"', "clock": '"x"', "zh": '"甲"', "en": '"x"', "owner": '"unit"', "start": '"filed"',
        "met_by": '["closed"]', "amount": "3", "unit": '"day"', **values,
    }  # fmt: skip
    return "[[clocks]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items() if value)


def plan(**values: str) -> str:
    given = {
        "id": '"x"', "zh": '"甲"', "en": '"x"', "lead": '"POL"', "lead_text": '"到场"', "together": "true",
        "members": '[{ unit = "FIRE", required = true, text = "到场" }]', **values,
    }  # fmt: skip
    return "[[plans]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items() if value)


def report(**values: str) -> str:
    given = {
        "id": '"x"', "zh": '"甲"', "en": '"x"', "when": '"level == 1"', "recipients": '["区"]', "start": '"occurred"',
        "limit": '{ amount = 2, unit = "hour" }', **values,
    }  # fmt: skip
    return "[[reports]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items() if value)


def mode(windows: str, more: str = "") -> str:
    return f'[[modes]]\nid = "x"\nzh = "甲"\nen = "x"\nwindows = {windows}\n{more}'


DEFECTS: list[tuple[str, str, str, str]] = [
    # the snippet, what stands on the line to blame, key, words of what was expected
    ('colour = "red"', "colour", "colour", "no such key"),
    # --- limits that cannot be read ---
    (clock(amount='"3"'), 'amount = "3"', r"clocks\[.+?\].amount", "whole number"),
    (clock(amount="1.5"), "amount = 1.5", r"clocks\[.+?\].amount", "whole number"),
    (clock(amount="0"), "amount = 0", r"clocks\[.+?\].amount", "greater than or equal to 1"),
    (clock(amount="-2"), "amount = -2", r"clocks\[.+?\].amount", "greater than or equal to 1"),
    (clock(amount="true"), "amount = true", r"clocks\[.+?\].amount", "whole number"),
    (clock(amount='"3 days or so"'), "3 days", r"clocks\[.+?\].amount", "whole number"),
    (clock(amount="99999"), "99999", r"clocks\[.+?\].amount", "less than or equal"),
    (clock(amount=""), "[[clocks]]", r"clocks\[.+?\].amount", "this key"),
    (clock(unit='"days"'), 'unit = "days"', r"clocks\[.+?\].unit", "'working_day'"),
    (clock(unit='"monthly_day"', amount="31"), "31", r"clocks\[.+?\].amount", "at most 28"),
    (clock(unit='"same_day"', amount="2"), "amount", r"clocks\[.+?\].amount", "at most 1"),
    (clock(unit='"on_spot"', amount="2000"), "amount", r"clocks\[.+?\].amount", "at most 1440"),
    (clock(unit='"hour"', ends='"office"'), "ends", r"clocks\[.+?\].ends", "unit of days"),
    (clock(rest_day='"before"'), "rest_day", r"clocks\[.+?\].rest_day", "monthly_day"),
    (clock(near="1.5"), "near", r"clocks\[.+?\].near", "less than or equal to 1"),
    ('[supervision]\nlimit = "3 days or so"', "3 days", "supervision.limit", "a limit such as"),
    ('[supervision]\nlimit = { amount = 3 }', "limit", "supervision.limit.unit", "this key"),
    ('[visits]\nafter = { amount = 28, unit = "monthly_day" }', "after", "visits.after.unit", "a length of time"),
    ('[[shifts]]\nid = "day"\nends = "24:00"', "24:00", r"shifts\[.+?\].ends", "local time"),
    ('[[shifts]]\nid = "night"\nstarts = 21:00:00', "", r"shifts\[.+?\].ends", "next shift, 21:00"),
    ('[[hours]]\nunit = "MUN"\nhours = [[13:00:00, 09:00:00]]', "hours = ", r"hours\[.+?\].hours\[.+?\]", "hours in order"),
    ('[[hours]]\nunit = "MOON"\nhours = [[09:00:00, 13:00:00]]', "MOON", r"hours\[.+?\].unit", "one of POL"),
    # --- clocks ---
    (clock(owner='"mayor"'), "mayor", r"clocks\[.+?\].owner", "'officer' or 'unit'"),
    (clock(start='"slept"'), "slept", r"clocks\[.+?\].start", "one of .*reworked"),
    (clock(start='"ran_out:nothing"'), "ran_out", r"clocks\[.+?\].start", "one of accept"),
    (clock(start='"ran_out:x"'), "ran_out", r"clocks\[.+?\].start", "in a circle"),
    (clock(id='"x.a"', clock='"a"', start='"ran_out:b"') + clock(id='"x.b"', clock='"b"', start='"ran_out:a"'), "ran_out", r"clocks\[.+?\].start", "in a circle"),
    (clock(met_by='["praised"]'), "praised", r"clocks\[.+?\].met_by\[.+?\]", "one of .*verified"),
    (clock(level="9"), "level = 9", r"clocks\[.+?\].level", "one of 1, 2, 3"),
    (clock(category='"orders"'), "category =", r"clocks\[.+?\].category", "id of a category"),
    (clock(workflow='"W-Y"'), "workflow =", r"clocks\[.+?\].workflow", "one of W-STD"),
    (clock(when='"amount > 5"'), "when =", r"clocks\[.+?\].when", "at character 1"),
    # --- workflows ---
    (flow(CLOSE).replace('start = "first"', 'start = "nowhere"'), "nowhere", r"workflows\[.+?\].start", "one of first"),
    (flow('{ verb = "close", from = ["lost"], to = "last", power = "close" },'), '"lost"', r"workflows\[.+?\].moves\[.+?\].from\[.+?\]", "one of first"),
    (flow('{ verb = "close", from = "opne", to = "last", power = "close" },'), '"opne"', r"workflows\[.+?\].moves\[.+?\].from\[.+?\]", "one of start, open"),
    (flow('{ verb = "close", from = "unit", to = "last", power = "close" },'), '"unit"', r"workflows\[.+?\].moves\[.+?\].from", "a group that has steps"),
    (flow('{ verb = "close", from = ["first"], to = "limbo", power = "close" },'), "limbo", r"workflows\[.+?\].moves\[.+?\].to", "one of first"),
    (flow('{ verb = "praise", from = ["first"], to = "last", power = "close" },'), "praise", r"workflows\[.+?\].moves\[.+?\].verb", "'evaluate'"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "magic" },'), "magic", r"workflows\[.+?\].moves\[.+?\].power", "'assess'"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "audit", roles = ["unit"] },'), "audit", r"workflows\[.+?\].moves\[.+?\].power", "one of its roles holds"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", roles = ["mayor"] },'), "mayor", r"workflows\[.+?\].moves\[.+?\].roles\[.+?\]", "one of duty_officer"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", needs = ["smile"] },'), "smile", r"workflows\[.+?\].moves\[.+?\].needs\[.+?\]", "one of result, proof"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", through = ["file"] },'), "through", r"workflows\[.+?\].moves\[.+?\].through\[.+?\]", "the verb file"),
    (flow(CLOSE + "\n" + CLOSE), "close", r"workflows\[.+?\].moves\[.+?\].from\[.+?\]", "one move close from a step"),
    (flow('{ verb = "close", from = ["first"], to = "first", power = "close" },'), "close", r"workflows\[.+?\].moves\[.+?\].to", "closed = true"),
    (flow('{ verb = "close", from = ["first"], power = "close" },'), "close", r"workflows\[.+?\].moves\[.+?\].to", "this key"),
    (flow(CLOSE + '\n{ verb = "reopen", from = ["last"], to = "last", power = "supervise" },'), "reopen", r"workflows\[.+?\].moves\[.+?\].to", "not closed"),
    (flow('{ verb = "note", from = ["first"], power = "record" },'), "steps", r"workflows\[.+?\].steps\[.+?\].id", "leads out of"),
    (flow(CLOSE, '{ id = "first", holder = "centre", zh = "一", en = "one" }, { id = "idle", holder = "nobody", closed = true, zh = "三", en = "three" }, { id = "last", holder = "nobody", closed = true, zh = "二", en = "two" },'), "steps", r"workflows\[.+?\].steps\[.+?\].id", "moves lead to"),
    (flow(CLOSE, more='common = ["everything"]'), "everything", r"workflows\[.+?\].common\[.+?\]", "one of any"),
    (flow(CLOSE, more='common = ["any"]\nwithout = ["fly"]'), "fly", r"workflows\[.+?\].without\[.+?\]", "one of mark"),
    (flow('{ verb = "advance", from = ["first"], to = "last", power = "close" },'), "advance", r"workflows\[.+?\].moves\[.+?\].id", "told apart by its id"),
    (flow(CLOSE + '\n{ verb = "note", id = "x", zh = "甲", from = "open", power = "record" },'), "note", r"workflows\[.+?\].moves\[.+?\]", "zh and en together"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", apart_from = ["birth"] },'), "birth", r"workflows\[.+?\].moves\[.+?\].apart_from\[.+?\]", "none is defined"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", notified = ["MOON"] },'), "MOON", r"workflows\[.+?\].moves\[.+?\].notified\[.+?\]", "one of POL"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", branches = [{ when = "level == 1", to = "limbo" }] },'), "limbo", r"workflows\[.+?\].moves\[.+?\].branches\[.+?\].to", "one of first"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", branches = [{ when = "level = 1", to = "last" }] },'), "branches", r"workflows\[.+?\].moves\[.+?\].branches\[.+?\].when", "at character 7"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", when = "level == 1 and" },'), "when", r"workflows\[.+?\].moves\[.+?\].when", "at character 15"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", gate = [{ id = "a", unit = "POL", zh = "甲", en = "a" }] },'), "gate", r"workflows\[.+?\].moves\[.+?\].gate", "a move sign"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", gate = [{ id = "a", unit = "MOON", zh = "甲", en = "a" }] },', more='common = ["signing"]'), "MOON", r"workflows\[.+?\].moves\[.+?\].gate\[.+?\].unit", "one of POL"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", gate = [{ id = "a", role = "mayor", zh = "甲", en = "a" }] },', more='common = ["signing"]'), "mayor", r"workflows\[.+?\].moves\[.+?\].gate\[.+?\].role", "one of duty_officer"),
    (flow('{ verb = "close", from = ["first"], to = "last", power = "close", gate = [{ id = "a", zh = "甲", en = "a" }] },', more='common = ["signing"]'), "gate", r"workflows\[.+?\].moves\[.+?\].gate\[.+?\]", "role or unit"),
    # --- categories, units, roles, tiers, ladder ---
    ('[[categories]]\nid = "order.theft"\nkind = "thing"', "thing", r"categories\[.+?\].kind", "'component' or 'event'"),
    ('[[categories]]\nid = "order.theft"\nunits = ["MOON"]', "MOON", r"categories\[.+?\].units\[.+?\]", "one of POL"),
    ('[[categories]]\nid = "order.theft"\nlevel = 7', "level = 7", r"categories\[.+?\].level", "one of 1, 2, 3"),
    ('[[categories]]\nid = "order.theft"\nworkflow = "W-Y"', "W-Y", r"categories\[.+?\].workflow", "one of W-STD"),
    ('[[categories]]\nid = "advice.policy"\nautomatic = true', "automatic", r"categories\[.+?\].automatic", "units to dispatch to"),
    ('[[categories]]\nid = "order.theft"\nwords = ["打架"]', "words", r"categories\[.+?\].words\[.+?\]", "not used by order.fight"),
    ('[[categories]]\nid = "new.one"\nzh = "甲"\nen = "a"\nkind = "event"\nlevel = 1\n[[categories]]\nid = "new.one"\nzh = "乙"\nen = "b"\nkind = "event"\nlevel = 1', 'id = "new.one"', r"categories\[.+?\].id", "used once"),
    ('default_category = "other"', "default_category", "default_category", "one of"),
    ('default_workflow = "W-NONE"', "default_workflow", "default_workflow", "one of W-STD"),
    ('calendar = "mars"', "mars", "calendar", "one of cn"),
    ('number_form = "{date}-{node}"', "number_form", "number_form", "serial"),
    ('number_form = "{serial}-{person}"', "number_form", "number_form", ""),
    ('booking_power = "magic"', "magic", "booking_power", "'assess'"),
    ('separation = ["handler_verifier", "cook_eater"]', "cook_eater", "separation.1", "'assessor_assessed'"),
    ('[[units]]\ncode = "trf"\nzh = "甲"\nen = "a"\nstationing = "own"', "trf", r"units\[.+?\].code", "text like"),
    ('[[units]]\ncode = "TRF"\nstationing = "asleep"', "asleep", r"units\[.+?\].stationing", "'stationed'"),
    ('[[units]]\ncode = "TRF"\ndays = [1]', "days", r"units\[.+?\].days", "rotating"),
    ('[[units]]\ncode = "TRF"\nzh = ""', 'zh = ""', r"units\[.+?\].zh", "at least 1"),
    ('[[units]]\ncode = "NEW"\nzh = "甲"\nstationing = "own"', "[[units]]", r"units\[.+?\].en", "this key"),
    ('[[roles]]\nid = "dispatcher"\npowers = ["fly"]', "fly", r"roles\[.+?\].powers\[.+?\]", "'assess'"),
    ('[[roles]]\nid = "dispatcher"\nplanes = ["astral"]', "astral", r"roles\[.+?\].planes\[.+?\]", "nothing: none"),
    ('[[levels]]\nnumber = 2\ntier = "village"', "village", r"levels\[.+?\].tier", "one of grid"),
    ('[[levels]]\nnumber = 2\nshort = "L1"', "L1", r"levels\[.+?\].short", "used once"),
    ('[[tiers]]\nnumber = 6\nzh = "甲"\nen = "a"', "number = 6", r"tiers\[.+?\].number", "without a gap"),
    ('replace = ["ladder"]\n[[ladder]]\nid = "street"\nzh = "甲"\nen = "a"\n[[ladder]]\nid = "district"\nzh = "乙"\nen = "b"\n[[ladder]]\nid = "street"\nzh = "丙"\nen = "c"', 'id = "street"', r"ladder\[.+?\].id", "used once"),
    ('[[ladder]]\nid = "grid"\nshare = 0.6\n[[ladder]]\nid = "street"\nshare = 0.6', "", r"^ladder$", "add up to 1"),
    ('[[ladder]]\nid = "grid"\nshare = 1.6', "share = 1.6", r"ladder\[.+?\].share", "less than or equal to 1"),
    ('[[ladder]]\nid = "grid"\nhold = { amount = 5, unit = "on_spot" }', "hold", r"ladder\[.+?\].hold.unit", "a length of time"),
    ('[[ladder]]\nid = "street"\nwhen = "levle == 1"', "when", r"ladder\[.+?\].when", "at character 1"),
    ('[climbing]\noverdue_clock = "sleep"', "sleep", "climbing.overdue_clock", "one of accept"),
    ('[climbing]\ncapacity = ["company"]', "company", "climbing.capacity.0", "one of grid"),
    # --- schemes, facts, reports, plans ---
    ('[[schemes]]\nid = "SEV3"\ndefault = "IX"', "IX", r"schemes\[.+?\].default", "one of I, II, III"),
    ('[[schemes]]\nid = "SEV3"\nlevels = [{ id = "I", share = 0.4 }, { id = "II", share = 0.4 }]', "levels", r"schemes\[.+?\].levels", "add up to 1"),
    ('[[schemes]]\nid = "SEV3"\nlevels = [{ id = "I", when = "crowd > many" }]', "when", r"schemes\[.+?\].levels\[.+?\].when", "at character 9"),
    ('[[schemes]]\nid = "SEV3"\nlevels = [{ id = "I", short = "III" }]', "", r"schemes\[.+?\].levels\[.+?\].short", "used once"),
    ('[[schemes]]\nid = "NEW"\nzh = "甲"\nen = "a"\ndimension = "status"\nlevels = [{ id = "gone", short = "G", zh = "甲", en = "a" }, { id = "closed", short = "C", zh = "乙", en = "b" }]', "", r"schemes\[.+?\].(levels\[.+?\].id|dimension)", "one"),
    ('[[facts]]\nid = "level"\nzh = "甲"\nen = "a"\nkind = "integer"', "level", r"facts\[.+?\].id", "no fact of every case"),
    ('[[facts]]\nid = "under"\nzh = "甲"\nen = "a"\nkind = "truth"', "under", r"facts\[.+?\].id", "no fact of every case"),
    ('[[facts]]\nid = "size"\nzh = "甲"\nen = "a"\nkind = "person"', "person", r"facts\[.+?\].kind", "'truth'"),
    (report(when='"amount >= 100000"'), "when", r"reports\[.+?\].when", "at character 1"),
    (report(when='"crowd >= \'30\'"'), "when", r"reports\[.+?\].when", "at character"),
    (report(when="'tier == \"moon\"'"), "when", r"reports\[.+?\].when", "tier: one of grid"),
    (report(when="'category under \"wages\"'"), "when", r"reports\[.+?\].when", "id of a category"),
    (report(when='"' + "(" * 30 + "level == 1" + ")" * 30 + '"'), "when", r"reports\[.+?\].when", "at most"),
    (report(limit='"within two hours"'), "limit", r"reports\[.+?\].limit", "a limit such as"),
    (report(start='"dispatched"'), "start", r"reports\[.+?\].start", "'occurred'"),
    (report(recipients="[]"), "recipients", r"reports\[.+?\].recipients", "at least 1 item"),
    (plan(lead='"MOON"'), "MOON", r"plans\[.+?\].lead", "one of POL"),
    (plan(lead='"FIRE"'), "members", r"plans\[.+?\].members\[.+?\].unit", "other than the lead"),
    (plan(members='[{ unit = "MOON", required = true, text = "到场" }]'), "MOON", r"plans\[.+?\].members\[.+?\].unit", "one of POL"),
    (plan(members='[{ unit = "FIRE", required = true, text = "a" }, { unit = "FIRE", required = false, text = "b" }]'), "FIRE", r"plans\[.+?\].members\[.+?\].unit", "used once"),
    (plan(members="[]"), "members", r"plans\[.+?\].members", "at least 1 item"),
    (plan(category='"gases"'), "gases", r"plans\[.+?\].category", "id of a category"),
    ('[supervision]\ntriggers = ["overdue", "boredom"]', "boredom", r"supervision.triggers\[.+?\]", "'not_satisfied'"),
    ('[verification]\non_spot_sample = 10', "10", "verification.on_spot_sample", "less than or equal to 1"),
    ('[verification]\nchain = ["small_officer"]', "small_officer", "verification.chain.0", "one of duty_officer"),
    ('[visits]\nstars = 0', "stars", "visits.stars", "greater"),
    ('[visits]\nfollow_up_when = "sunny"', "sunny", "visits.follow_up_when", "at character 1"),
    # --- seasons ---
    (mode('[{ first = "02-30", last = "03-01" }]'), "02-30", r"modes\[.+?\].windows\[.+?\].first", "MM-DD"),
    (mode('[{ first = "new_moon", last = "03-01" }]'), "new_moon", r"modes\[.+?\].windows\[.+?\].first", "MM-DD or one of .*spring_festival"),
    (mode('[{ first = "2026-01-01", last = "03-01" }]'), "2026", r"modes\[.+?\].windows\[.+?\].first", "text like"),
    (mode('[{ first = "01-01", last = "02-01" }, { first = "01-20", last = "03-01" }]'), "windows", r"modes\[.+?\].windows\[.+?\]", "do not overlap"),
    (mode('[{ first = "12-20", last = "01-10" }, { first = "01-05", last = "01-20" }]'), "windows", r"modes\[.+?\].windows\[.+?\]", "do not overlap"),
    (mode('[{ first = "01-20", last = "02-25" }, { first = "spring_festival", last = "spring_festival" }]'), "windows", r"modes\[.+?\].windows\[.+?\]", "do not overlap"),
    (mode("[]", '[[modes.overlays]]\nid = "x.y"\nclock = "sleep"\namount = 1\nunit = "day"'), "sleep", r"modes\[.+?\].overlays\[.+?\].clock", "one of accept"),
    (mode("[]", '[[modes.overlays]]\nid = "x.y"\nclock = "close"\namount = 0\nunit = "day"'), "amount = 0", r"modes\[.+?\].overlays\[.+?\].amount", "greater"),
    (mode("[]", 'categories = ["wages"]'), "wages", r"modes\[.+?\].categories\[.+?\]", "id of a category"),
    # --- posts, nets, bands, patrol ---
    ('[[posts]]\nid = "new"\nzh = "甲"\nen = "a"\nrole = "mayor"\ntier = 2\nminimum = 1', "mayor", r"posts\[.+?\].role", "one of duty_officer"),
    ('[[posts]]\nid = "new"\nzh = "甲"\nen = "a"\nrole = "unit"\ntier = 7\nminimum = 1', "tier = 7", r"posts\[.+?\].tier", "one of 1, 2"),
    ('[band]\nlow = 600\nhigh = 500', "high", "band.high", "at least 600"),
    ('[[nets]]\nid = "a"\nzh = "甲"\nen = "a"\ncategories = ["order"]\n[[nets]]\nid = "b"\nzh = "乙"\nen = "b"\ncategories = ["order.theft"]', "order.theft", r"nets\[.+?\].categories\[.+?\]", "not in the net a"),
    ('[patrol]\npresent_minutes = -1', "present_minutes", r"patrol.present_minutes", "greater"),
    ('[patrol]\npoint_metres = nan', "point_metres", r"patrol.point_metres", "less than"),
    ('[patrol]\nreplace = ["kinds"]\nkinds = [{ kind = "a", minimum = 0, interval_minutes = 0 }, { kind = "a", minimum = 0, interval_minutes = 0 }]', "kind", r"patrol.kinds\[.+?\].kind", "used once"),
    # --- what is no TOML ---
    ("returns_allowed = 1 2", "returns_allowed", "^$", "TOML"),
    ("returns_allowed = 1\nreturns_allowed = 2", "", "^$", "TOML"),
    ("[[shifts]]\nid = \"day\"\nends = 24:00:00", "24:00", "^$", "TOML"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("snippet", "blamed", "key", "expected"), DEFECTS, ids=[f"{n}-{d[2][:30]}" for n, d in enumerate(DEFECTS)]
)
def test_a_defect_is_named_with_file_line_and_key(snippet: str, blamed: str, key: str, expected: str) -> None:
    text = HEAD + snippet
    found = refused(text)
    assert re.search(key, str(found["key"])), found
    assert re.search(expected, str(found["expected"])), found
    if blamed:
        assert found["file"] == "mine.toml", found
        assert isinstance(found["line"], int)
        assert blamed in text.splitlines()[found["line"] - 1], found


def test_all_defects_are_told_in_the_order_of_the_file() -> None:
    found = refused(HEAD + clock(amount="0") + '[[units]]\ncode = "TRF"\nstationing = "asleep"\n')
    assert found["more"] == 1
    defects = found["defects"]
    assert isinstance(defects, list) and [d["key"].split(".")[-1] for d in defects] == ["amount", "stationing"]
    assert all(set(d) == {"file", "line", "key", "expected", "found"} for d in defects)
    assert defects[0]["line"] < defects[1]["line"]


def test_a_profile_that_builds_on_none_says_everything_itself() -> None:
    found = refused('id = "mine"\nzh = "甲"\nen = "a"\n')
    keys = {str(d["key"]) for d in found["defects"]}  # type: ignore[attr-defined]
    assert {"number_form", "returns_allowed", "merge_hours", "timing", "supervision", "visits", "workflows"} <= keys


@pytest.mark.parametrize("text", ["", "\x00", "= 3", "[", "[[clocks", 'id = "x', "id = 1979-13-01", "\r"])
def test_text_that_is_no_profile(text: str) -> None:
    found = refused(text)
    assert isinstance(found["line"], int) and found["line"] >= 1


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000, "a = " + "[" * 400 + "]" * 400, "a = " + "{b=" * 60 + "1" + "}" * 60, "# " + "x" * 2_000_001]
)
def test_text_that_is_deeper_or_longer_than_any_profile(text: str) -> None:
    found = refused(text)
    assert "at most" in str(found["expected"]) or found["expected"] == "TOML"


def test_form_and_fit_are_told_in_one_run() -> None:
    """A wrong limit does not hide a wrong condition, nor blame what hangs on the wrong table."""
    found = refused(
        HEAD + 'merge_hours = "many"\n[[clocks]]\nid = "close.level2"\namount = 1.5\n'
        + report(when='"level = 1"') + clock(clock='"own"', amount="0") + clock(id='"y.z"', start='"ran_out:own"')
    )  # fmt: skip
    keys = [str(d["key"]) for d in found["defects"]]  # type: ignore[attr-defined]
    assert keys == ["merge_hours", "clocks[close.level2].amount", "reports[x].when", "clocks[x.y].amount"]


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(BadInput) as caught:
        loader.load("../street")
    assert caught.value.code == "unknown_profile"
    assert caught.value.fields == {"profile": "../street", "known": list(loader.names())}


def test_windows_line_ends_are_no_defect() -> None:
    whole = loader.resolved("street").replace("\n", "\r\n")
    assert loader.parse(whole, "x").version == loader.load("street").version
    found = refused(whole.replace("amount = 30\r\n", "amount = 0\r\n", 1))
    assert found["line"] == 1 + whole[: whole.index("amount = 30")].count("\n")
