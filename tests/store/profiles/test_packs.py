"""The six packs as shipped: they load, speak both languages, cite their rows, and say what the rows say."""

from __future__ import annotations

import re
import time

import pytest

from store.profiles import loader, shipped
from store.profiles.model import Profile
from store.profiles.timing import Limit
from store.rules.clocks import select

PACKS = ("building", "disputes", "fire", "hotline", "labour", "street")

LIMITS = re.compile(
    r"^(amount|minimum|returns_allowed|extensions_allowed|merge_hours|low|high|target|on_spot_sample|stars|limit|hold|after"
    r"|follow_up|audit_hours|export_rows|handle_days|root_seconds|failed_verifications|reporter_urges_per_day|near"
    r"|\w+_minutes|\w+_metres|\w+_days) = "
)


def test_the_six_packs_are_shipped_and_the_base_is_none_of_them() -> None:
    assert loader.names() == PACKS
    assert shipped.parts() == ("base",)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_loads_and_speaks_both_languages(name: str) -> None:
    pack = loader.load(name)
    assert pack.id == name and pack.label.zh != pack.label.en
    labels = [step.label for workflow in pack.workflows for step in workflow.steps]
    labels += [move.label for workflow in pack.workflows for move in workflow.moves if move.label]
    labels += [category.label for category in pack.categories] + [unit.label for unit in pack.units]
    labels += [role.label for role in pack.roles] + [fact.label for fact in pack.facts]
    labels += [report.label for report in pack.reports] + [post.label for post in pack.posts]
    labels += [level.label for scheme in pack.schemes for level in scheme.levels]
    for label in labels:
        assert re.search(r"[\u4e00-\u9fff]", label.zh) and not re.search(r"[\u4e00-\u9fff]", label.en), label
    assert len({category.label.zh for category in pack.categories}) == len(pack.categories)


@pytest.mark.parametrize("name", (*PACKS, "base"))
def test_every_limit_of_the_file_names_its_row_or_default(name: str) -> None:
    text = shipped.text(name)
    assert text is not None
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not LIMITS.match(line):
            continue
        above = number
        while lines[above - 1] and not lines[above].startswith(("#", "[[")):
            above -= 1
        comment = " ".join(lines[max(0, above - 3) : number])
        assert re.search(r"#.*(Default|S\d\d|K\d\d-[RT]\d)", comment), f"{name}, line {number + 1}: {line}"


def test_loading_the_default_pack_is_fast() -> None:
    loader.load("street")
    spans = []
    for _ in range(5):
        began = time.perf_counter()
        loader.load.__wrapped__("street")
        spans.append(time.perf_counter() - began)
    assert min(spans) < 0.15


def amounts(pack: Profile, workflow: str, category: str, level: int, clock: str = "close") -> tuple[int, str]:
    rule = select(pack.clocks, clock, workflow=workflow, category=category, level=level)
    assert rule is not None
    return rule.amount, rule.unit


def test_S01_arrears_sixty_fifteen_seven_working_days() -> None:
    labour = loader.load("labour")
    assert amounts(labour, "W-WAGE", "wage.single", 3) == (60, "working_day")
    assert amounts(labour, "W-WAGE", "wage.group", 2) == (15, "working_day")
    assert amounts(labour, "W-WAGE", "wage.sudden", 1) == (15, "working_day")
    season = next(mode for mode in labour.modes if mode.id == "new_year_spring_festival")
    assert [(o.category, o.amount, o.unit, o.way) for o in season.overlays] == [("wage", 7, "working_day", "open_in")]
    assert [(w.first, w.last) for w in season.windows] == [("01-01", "spring_festival")]


def test_S01_two_hour_report() -> None:
    (report, *_) = loader.load("labour").reports
    assert (report.limit, report.start, report.recipients) == (Limit(2, "hour"), "occurred", ("市政府", "区政府"))
    assert "amount >= 100000 and head_count >= 20" in report.when


def test_S06_S12_posts_and_gates() -> None:
    labour = loader.load("labour")
    assert {post.id: post.minimum for post in labour.posts if post.id in ("inspector", "supervisor", "assistant")} == {
        "inspector": 2, "supervisor": 1, "assistant": 2,
    }  # fmt: skip
    gates = [move for move in labour.workflow("W-GATE").moves if move.gate]
    assert len(gates) == 4 and [len(move.gate) for move in gates] == [2, 6, 6, 6]
    assert all("CLR" in {signer.unit for signer in move.gate} for move in gates)


def test_S15_six_tiers_in_two_planes_eight_roles_and_the_chain() -> None:
    fire = loader.load("fire")
    assert [tier.plane for tier in fire.tiers] == ["managing"] * 3 + ["working"] * 3
    eight = [role for role in fire.roles if role.planes]
    assert len(eight) == 8
    assert [role.id for role in eight if len(role.planes) == 2] == ["fire_supervisor"]
    assert fire.verification.chain == ("small_officer", "middle_officer", "station_officer")


def test_S38_shares_and_marks_of_disputes() -> None:
    disputes = loader.load("disputes")
    assert [(rung.id, rung.share) for rung in disputes.ladder] == [
        ("village", 0.65), ("township", 0.25), ("county", 0.1),
    ]  # fmt: skip
    complexity, urgency = disputes.scheme("CPX3"), disputes.scheme("URG3")
    assert complexity is not None and [level.id for level in complexity.levels] == ["difficult", "complex", "simple"]
    assert urgency is not None and [level.colour for level in urgency.levels] == ["red", "yellow", "blue"]
    assert disputes.visits.follow_up == Limit(30, "day") and disputes.supervision.upgrade
    assert {mode.id for mode in disputes.modes} >= {"sensitive", "key_period"}
    assert all(("zero_report", "daily") in mode.settings for mode in disputes.modes if mode.id != "concentrated_check")
    assert disputes.band is not None and (disputes.band.low, disputes.band.high) == (500, 600)


def test_S22_S14_building_control() -> None:
    building = loader.load("building")
    ledger = next(rule for rule in building.clocks if rule.id == "ledger.month")
    assert (ledger.amount, ledger.unit, ledger.rest_day) == (28, "monthly_day", "before")
    report = next(rule for rule in building.reports if rule.id == "property_report")
    assert report.limit == Limit(2, "day")
    template = building.workflow("W-BUILD")
    notice = template.move("advance", "found", "notice")
    organise = template.move("advance", "self_removal", "organise")
    assert notice is not None and [branch.target for branch in notice.branches] == ["restore_order", "stop_notice"]
    assert organise is not None and organise.branches[0].when == "built_year < 2012"


def test_S43_S02_hotline() -> None:
    hotline = loader.load("hotline")
    assert hotline.visits.target == 0.95
    assert {net.id for net in hotline.nets} == {"community", "street_patrol"}
    status = hotline.scheme("STATUS")
    assert status is not None and {level.id: level.colour for level in status.levels} == {
        "closed": "green", "in_process": "blue", "near_due": "yellow", "overdue": "red",
    }  # fmt: skip


def test_S46_S41_street_offers_every_verb_and_the_gas_plan() -> None:
    from typing import get_args

    from store.rules.template import Verb

    street = loader.load("street")
    offered = {move.verb for move in street.workflow("W-STD").moves}
    assert offered == set(get_args(Verb)) - {"advance", "sign"}
    gas = street.plan("gas")
    assert gas is not None and gas.lead == "FIRE"
    assert [member.unit for member in gas.members if member.required] == ["POL", "AMB", "GAS"]
    assert set(street.separation) and len(street.separation) == 5
    (report,) = street.reports
    assert (report.when, report.start) == ("level == 1", "level_set")


@pytest.mark.parametrize("scheme", ["SEV3", "URG3", "CPX3", "ITM3", "SEV4", "STATUS"])
def test_K04_every_scheme_is_in_some_pack(scheme: str) -> None:
    assert any(loader.load(name).scheme(scheme) is not None for name in PACKS)
