"""`griddesk demo`: the evening is lived, and the street is worth looking at."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from store.actions.house.opening import create_store, open_store
from store.errors import Unavailable
from tests.conftest import Desk
from tests.tui.commands.conftest import Line
from tui.commands import child, demo
from tui.commands import desk as full_screen
from tui.commands.evening import FRESH, Evening
from tui.commands.life import Life


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A prepared demo of a fixed date, made once; its clock stands still."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    start = datetime(2026, 6, 10, 20, 0, tzinfo=demo.ZONE)
    store = create_store(path, centre=demo.CENTRE, timezone=str(demo.ZONE), drill=True, start=start)
    demo.seed_store(store, start, None, quiet=True)
    store.set_clock(start + demo.LASTS, 0.0)
    store.close()
    yield str(path)


@pytest.fixture
def night(street: str, here: Path, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(capsys, street, demo.NIGHT)


def test_the_tree_is_that_of_s46(night: Line) -> None:
    rows = [row for row in night.json("grid", "list")["grids"] if not row["unplaced"]]
    below: dict[int, int] = {}
    for row in rows:
        below[row["depth"]] = below.get(row["depth"], 0) + 1
    assert below == {0: 1, 1: 6, 2: 34, 3: 113}


def test_every_kind_of_work_waits_for_the_night(night: Line) -> None:
    open_cases = night.json("queue", "--limit", 0)["cases"]
    assert len(open_cases) >= 10
    assert night.json("queue", "--which", "overdue")["total"] > 0
    assert night.json("queue", "--which", "undispatched")["total"] > 0
    assert {"feedback", "handling"} <= {case["step_id"] for case in open_cases}
    assert night.json("queue", "--which", "closed")["total"] > 10


def test_alerts_are_partly_seen_and_partly_not(night: Line) -> None:
    found = night.json("alerts")
    assert 0 < found["unacknowledged"] < found["total"]
    assert {"overdue", "device"} <= {alert["kind"] for alert in found["alerts"]}


def test_patrol_is_known_and_a_gap_shows(night: Line) -> None:
    found = night.json("coverage")
    assert 0 < found["visited"] < found["planned"]
    assert found["positions_age"] is not None
    assert any(alert["kind"] == "gap" for alert in night.json("alerts", "--all")["alerts"])


def test_the_night_officer_has_the_shift_and_the_sources_are_up(night: Line) -> None:
    assert night.json("shift", "show")["shift"]["officer"] == demo.NIGHT
    sources = {source["source"]: source["state"] for source in night.json("devices")["sources"]}
    assert set(sources) == {"sim-hotline", "sim-devices", "sim-patrol", "sim-units"}
    assert set(sources.values()) == {"up"}
    assert night.json("changes", "--since", 0, "--limit", 1)["changes"][0]["at"].startswith("2026-06-10T12:00")


def test_the_journal_is_whole_and_signed_by_many(night: Line) -> None:
    assert night.json("audit", "verify")["whole"]
    actors = {change["actor"] for change in night.json("changes", "--since", 0, "--limit", 100_000)["changes"]}
    assert {demo.EVENING, "machine:timekeeper", "source:sim-hotline"} <= actors
    assert actors & {f"P{number}" for number in range(1, 7)}


def test_the_terminals_belong_to_the_teams(night: Line) -> None:
    terminals = night.json("unit", "list")["terminals"]
    assert {sender["unit"] for sender in terminals} == {f"P{number}" for number in range(1, 7)}


# --- the command itself, without the wait ----------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The evening left out; what it was asked for is noted."""
    asked: list[Any] = []
    monkeypatch.setattr(demo, "seed_store", lambda *given, **named: asked.append((given, named)))
    return asked


def test_prepare_only_keeps_the_store_and_says_where(bare: Line, here: Path, quick: list[Any]) -> None:
    ended = bare.bare("demo", "--prepare-only", "--keep", "street.db", "--speed", "60", "--lang", "en", "--json")
    assert ended.status == 0
    made = ended.document
    assert set(made) == {"location", "start", "now", "speed", "officer"}
    assert (made["location"], made["speed"]) == (str(here / "street.db"), 60.0)
    assert datetime.fromisoformat(made["now"]) - datetime.fromisoformat(made["start"]) == demo.LASTS
    store = open_store(made["location"])
    assert (store.drill, store.speed) == (True, 60.0)
    assert timedelta(0) <= store.now() - datetime.fromisoformat(made["now"]) < timedelta(hours=2)
    store.close()


def test_a_second_demo_in_the_same_place_is_refused(bare: Line, here: Path, quick: list[Any]) -> None:
    assert bare.bare("demo", "--prepare-only", "--keep", here).status == 0
    assert (here / "demo.db").is_file()
    again = bare.bare("demo", "--prepare-only", "--keep", here)
    assert (again.status, "code=store_exists" in again.err) == (1, True)
    assert (here / "demo.db").is_file()


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A desk that closes at once."""
    asked: list[Any] = []

    def show(call: Any, store: Any, officer: str, notice: str = "", *, simulate: bool = False) -> int:
        asked.append((store.location, officer, simulate))
        store.close()
        return 0

    monkeypatch.setattr(full_screen, "trouble", lambda: None)
    monkeypatch.setattr(full_screen, "show", show)
    return asked


def test_the_desk_opens_for_the_night_officer_with_the_simulator(
    bare: Line, here: Path, quick: list[Any], shown: list[Any]
) -> None:
    ended = bare.bare("demo", "--keep", "street.db", "--lang", "en")
    assert ended.status == 0
    assert shown == [(str(here / "street.db"), demo.NIGHT, True)]
    assert str(here / "street.db") in ended.err or "street.db" in ended.err


def test_without_keep_nothing_is_left(
    bare: Line, quick: list[Any], shown: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert bare.bare("demo", "--lang", "en").status == 0
    assert Path(shown[0][0]).parent.parent == tmp_path / "temporary"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_demo_that_is_interrupted_leaves_nothing(
    bare: Line, shown: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    def interrupted(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "seed_store", interrupted)
    assert bare.bare("demo").status == 130
    assert list((tmp_path / "temporary").iterdir()) == []
    assert shown == []


def test_a_demo_that_is_terminated_leaves_nothing(
    bare: Line, shown: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(demo, "seed_store", lambda *given, **named: signal.raise_signal(signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught:
        bare.bare("demo")
    assert caught.value.code == 128 + signal.SIGTERM
    assert list((tmp_path / "temporary").iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) is before


# --- officer and child ------------------------------------------------------------------------


def test_the_evening_officer_is_the_same_for_the_same_seed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def acts(seed: int) -> list[str]:
        officer = Evening(desk.store, desk.actors["chen"], desk.now + timedelta(hours=5), seed)
        done: list[str] = []

        def noted(self: Evening, action: Callable[..., Any], now: datetime, *given: Any, **named: Any) -> bool:
            done.append(f"{action.__name__} {given}")
            return True

        monkeypatch.setattr(Evening, "_try", noted)
        officer.round(desk.now)
        return done

    for number in range(12):
        desk.report(f"事 {number}", f"G{number % 4}")
    assert acts(1) == acts(1)
    assert acts(1) != acts(2)
    assert 0 < len(acts(1)) <= 12
    assert FRESH.dispatch < 1


def test_the_evening_officer_goes_on_after_a_refusal(desk: Desk) -> None:
    for number in range(8):
        desk.report(f"事 {number}", "G0")
    officer = Evening(desk.store, desk.actors["shen"], desk.now + timedelta(hours=5), 1)
    officer.round(desk.now)
    assert officer.acted > 0


def fake(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    import sys

    monkeypatch.setattr(child, "command", lambda *words: [sys.executable, "-c", code])


def test_a_simulator_that_dies_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, "import sys; input(); print('no places', file=sys.stderr); sys.exit(3)")
    with pytest.raises(Unavailable) as caught, Life("x") as life:
        life.until(datetime(2026, 3, 4, 20, 0, tzinfo=demo.ZONE))
    assert caught.value.code == "import_failed"
    assert caught.value.fields == {"status": 3, "said": "no places"}


def test_life_goes_on_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, "import sys\nfor line in sys.stdin:\n print('done', flush=True)")
    with Life("x") as life:
        life.until(datetime(2026, 3, 4, 20, 20, tzinfo=demo.ZONE))
        life.until(datetime(2026, 3, 4, 20, 40, tzinfo=demo.ZONE))
    assert life._child.returncode == 0
