"""A profile builds on another and changes a few values; errors name the file that a value came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.errors import BadInput
from store.profiles import loader, shelf, shipped
from store.profiles.building import Text, build
from store.profiles.loader import by_name
from store.profiles.model import Profile


def mine(text: str, file: str = "mine.toml") -> Profile:
    return loader.parse('extends = "street"\nid = "mine"\n' + text, file)


def refused(text: str, file: str = "mine.toml") -> dict[str, object]:
    with pytest.raises(BadInput) as caught:
        loader.parse(text, file)
    return dict(caught.value.fields)


def test_ten_lines_make_a_profile() -> None:
    own = loader.parse(
        """
        extends = "street"
        id = "riverside"
        zh = "滨江街道"
        en = "Riverside street"
        merge_hours = 12
        [[clocks]]
        id = "close.level2"
        amount = 5
        unit = "working_day"
        """,
        "riverside.toml",
    )
    street = loader.load("street")
    changed = {rule.id: (rule.amount, rule.unit) for rule in own.clocks}
    assert changed["close.level2"] == (5, "working_day") and changed["close.level1"] == (7, "day")
    assert (own.id, own.label.en, own.merge_hours, own.version != street.version) == (
        "riverside", "Riverside street", 12, True,
    )  # fmt: skip
    assert own.categories == street.categories and own.workflows == street.workflows


def test_tables_merge_by_key_and_new_ones_come_last() -> None:
    own = mine(
        '[[units]]\ncode = "POL"\nzh = "城中派出所"\n'
        '[[units]]\ncode = "ZOO"\nzh = "动物园"\nen = "zoo"\nstationing = "own"\n'
    )
    assert own.units[0].label.zh == "城中派出所" and own.units[0].label.en == "police station"
    assert own.units[-1].code == "ZOO"


def test_a_move_merges_by_its_id_or_verb_and_a_step_by_its_id() -> None:
    own = mine(
        '[[workflows]]\nid = "W-STD"\nmoves = [{ verb = "accept", needs = ["note"] }]\n'
        'steps = [{ id = "filed", en = "on file" }]\n'
    )
    template = own.workflow("W-STD")
    accept = template.move("accept", "dispatched")
    assert accept is not None and accept.needs == ("note",) and accept.power == "record"
    assert template.step("filed").label.en == "on file" and template.step("filed").label.zh == "立案"


def test_lists_of_values_replace() -> None:
    assert mine('[supervision]\ntriggers = ["level"]\n').supervision.triggers == ("level",)


def test_a_limit_is_one_value() -> None:
    found = refused('extends = "street"\nid = "mine"\n[supervision]\nlimit = { amount = 2 }\n')
    assert found["key"] == "supervision.limit.unit"


def test_remove_takes_out_tables_items_and_keys() -> None:
    own = mine(
        'remove = { clocks = ["rework.level3"], plans = ["gathering"], separation = ["claimant_approver"] }\n'
        '[visits]\nremove = { after = true }\n'
        '[[workflows]]\nid = "W-STD"\nremove = { moves = ["evaluate"], steps = ["evaluated"] }\n'
        'moves = [{ verb = "reopen", from = ["closed"] }]\n'
    )
    assert "rework.level3" not in {rule.id for rule in own.clocks}
    assert [plan.id for plan in own.plans] == ["gas", "railway"]
    assert "claimant_approver" not in own.separation and len(own.separation) == 4
    assert own.visits.after is None and own.visits.follow_up is not None
    assert own.workflow("W-STD").steps[-1].id == "closed"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('remove = { clocks = ["sleep"] }', "remove.clocks[0]", "one of file.reported"),
        ('remove = { sleep = ["x"] }', "remove.sleep", "a key of the profile"),
        ("remove = { clocks = 3 }", "remove.clocks", "true, or a list"),
        ('remove = ["clocks"]', "remove", "a table such as"),
        ('replace = ["clocks"]', "replace", "names of lists that this table gives anew"),
    ],
)
def test_what_cannot_be_taken_out_is_named(text: str, key: str, expected: str) -> None:
    found = refused(f'extends = "street"\nid = "mine"\n{text}\n')
    assert (found["key"], found["line"]) == (key, 3) and expected in str(found["expected"])


def test_replace_takes_a_list_as_it_is() -> None:
    own = mine(
        'replace = ["plans"]\nremove = { device_rules = ["fence"] }\n'
        '[[plans]]\nid = "gas"\nzh = "甲"\nen = "a"\nlead = "POL"\nlead_text = "去"\n'
        'together = false\nmembers = [{ unit = "FIRE", required = true, text = "去" }]\n'
    )
    assert [(plan.id, plan.lead) for plan in own.plans] == [("gas", "POL")]


def test_remove_and_replace_mean_nothing_without_a_profile_below() -> None:
    found = refused(loader.resolved("street") + '[remove]\nclocks = ["close.level1"]\n')
    assert (found["key"], found["expected"]) == ("remove", "no such key")


def test_a_profile_that_builds_on_another_has_its_own_id() -> None:
    found = refused('extends = "street"\nmerge_hours = 3\n')
    assert (found["key"], found["expected"]) == ("id", "this key")


def test_a_path_counts_from_the_file_and_errors_name_the_file_of_the_value(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "first.toml").write_text(
        'extends = "street"\nid = "first"\nmerge_hours = "many"\n', encoding="utf-8"
    )
    text = 'extends = "house/first.toml"\nid = "second"\nroot_seconds = 0\n'
    found = refused(text, str(tmp_path / "second.toml"))
    defects = found["defects"]
    assert isinstance(defects, list)
    places = {(Path(d["file"]).name, d["line"], d["key"]) for d in defects}
    assert places == {("second.toml", 3, "root_seconds"), ("first.toml", 3, "merge_hours")}
    assert Path(str(found["file"])).name == "second.toml"


def test_a_defect_far_below_names_the_part_it_stands_in() -> None:
    """A role of the base that loses its only power holder is blamed where the move stands."""
    found = refused('extends = "street"\nid = "mine"\nremove = { roles = ["assessor", "duty_leader"] }\n')
    assert Path(str(found["file"])).name == "street.toml" and "power" in str(found["key"])


@pytest.mark.parametrize("name", ["street", "./mine.toml", "missing.toml", "nobody", "3"])
def test_what_cannot_be_built_on_is_refused_at_the_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    given = "3" if name == "3" else f'"{name}"'
    path.write_text(f'id = "mine"\nextends = {given}\n', encoding="utf-8")
    if name == "street":
        assert loader.parse(path.read_text(encoding="utf-8"), str(path)).id == "mine"
        return
    found = refused(path.read_text(encoding="utf-8"), str(path))
    assert (found["key"], found["line"], found["file"]) == ("extends", 2, str(path))


def test_a_circle_of_files_is_refused(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.toml").write_text(f'extends = "./{other}.toml"\nid = "{name}"\n', encoding="utf-8")
    text = (tmp_path / "a.toml").read_text(encoding="utf-8")
    found = refused(text, str(tmp_path / "a.toml"))
    assert Path(str(found["file"])).name == "c.toml" and "does not build on this one" in str(found["expected"])


def test_a_tower_of_profiles_ends(tmp_path: Path) -> None:
    for number in range(12):
        below = f"./{number + 1}.toml" if number < 11 else "street"
        (tmp_path / f"{number}.toml").write_text(f'extends = "{below}"\nid = "p{number}"\n', encoding="utf-8")
    found = refused((tmp_path / "0.toml").read_text(encoding="utf-8"), str(tmp_path / "0.toml"))
    assert "at most 8" in str(found["expected"])


@pytest.mark.parametrize("name", loader.names())
def test_the_resolved_text_is_the_same_profile_and_stays_as_it_is(name: str) -> None:
    whole = loader.resolved(name)
    again, text = loader.resolve(whole, "again.toml")
    assert text == whole and again.version == loader.load(name).version
    shipped_one = loader.load(name)
    for part in ("workflows", "clocks", "categories", "reports", "plans", "modes", "posts", "schemes", "patrol"):
        assert getattr(again, part) == getattr(shipped_one, part)


def test_the_version_does_not_hang_on_files_order_or_remarks() -> None:
    text = (shipped.folder() / "street.toml").read_text(encoding="utf-8")
    whole = build(Text(text, "street.toml"), by_name).data
    assert loader.parse(loader.resolved("street"), "x").version == loader.load("street").version
    assert "extends" not in whole


def test_the_store_s_profile_of_a_name_is_asked_for_by_store() -> None:
    stored = (("street", loader.resolved("fire").replace('id = "fire"', 'id = "street"', 1)),)
    find = shelf.finder(stored)
    assert loader.parse('extends = "street"\nid = "x"\n', "x.toml", find).workflows[0].id == "W-STD"
    assert loader.parse('extends = "store:street"\nid = "x"\n', "x.toml", find).workflows[0].id == "W-FIRE"
    with pytest.raises(BadInput) as caught:
        loader.parse('extends = "store:moon"\nid = "x"\n', "x.toml", find)
    assert "store:street" in str(caught.value.fields["expected"])
