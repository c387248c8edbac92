"""The state machine from message to case: hold, notice, second reading, hysteresis (K16-R2, R3, R8)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta

import pytest

from store.rules.thresholds import IDLE, Condition, Standing, Step, elapse, judge, shows, within

T0 = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return T0 + MINUTE * minutes


def run(condition: Condition, *messages: tuple[float, bool]) -> tuple[Standing, list[Step]]:
    standing, steps = IDLE, []
    for minutes, on in messages:
        standing, step = judge(condition, standing, at(minutes), on)
        steps.append(step)
    return standing, steps


@pytest.mark.parametrize(
    ("value", "standing", "wanted"),
    [
        (30.0, False, False), (30.01, False, True), (25.0, True, True), (20.0, True, False), (20.01, True, True),
        (25.0, False, False), (float("nan"), False, None), (float("inf"), True, None), (float("-inf"), False, None),
    ],
)  # fmt: skip
def test_K16_R2_exactly_at_the_threshold_is_not_beyond_it(value: float, standing: bool, wanted: bool | None) -> None:
    assert shows(Condition(above=30.0, clear=20.0), value, standing) is wanted


def test_K16_R2_below_mirrors_above() -> None:
    cold = Condition(below=0.0, clear=5.0)
    assert [shows(cold, value, False) for value in (0.0, -0.1, 3.0)] == [False, True, False]
    assert [shows(cold, value, True) for value in (4.9, 5.0)] == [True, False]


def test_K16_R2_a_band_shows_what_leaves_it_on_either_side() -> None:
    band = Condition(above=60.0, below=-10.0)
    found = [shows(band, value, False) for value in (-11.0, -10.0, 20.0, 60.0, 61.0)]
    assert found == [True, False, False, False, True]


def test_K16_R2_without_hold_or_wait_the_first_message_fires() -> None:
    standing, steps = run(Condition(), (0, True), (1, True), (2, False), (3, True))
    assert (steps, standing.state) == (["fire", "repeat", "over", "fire"], "fired")


def test_K16_R2_a_hold_must_be_stood_through() -> None:
    condition = Condition(hold=5 * MINUTE)
    assert run(condition, (0, True), (4.99, True), (5, True))[1] == ["", "", "fire"]
    assert run(condition, (0, True), (4, False), (5, True), (9, True), (10, True))[1] == ["", "over", "", "", "fire"]


def test_K16_R2_time_alone_completes_a_hold() -> None:
    condition = Condition(hold=5 * MINUTE)
    standing, _ = run(condition, (0, True))
    assert elapse(condition, standing, at(4.9)) == (standing, "")
    fired, step = elapse(condition, standing, at(60))
    assert (step, fired.state, fired.since) == ("fire", "fired", at(5))


def test_K16_R8_notice_then_wait_then_a_second_reading() -> None:
    condition = Condition(wait=10 * MINUTE)
    assert run(condition, (0, True), (9.99, True), (10, True), (11, True))[1] == ["notice", "", "fire", "repeat"]
    assert run(condition, (0, True), (6, False), (12, True))[1] == ["notice", "over", "notice"]


def test_K16_R8_nobody_speaks_again_and_nothing_is_filed() -> None:
    condition = Condition(wait=10 * MINUTE, gap=30 * MINUTE)
    standing, _ = run(condition, (0, True))
    assert elapse(condition, standing, at(39))[1] == ""
    gone, step = elapse(condition, standing, at(40))
    assert (step, gone.state) == ("over", "idle")
    # The tick may come late: a message of the next day is a first one all the same.
    assert run(condition, (0, True), (600, True))[1] == ["notice", "notice"]


def test_K16_R8_hold_and_wait_follow_each_other() -> None:
    condition = Condition(hold=5 * MINUTE, wait=10 * MINUTE)
    messages = [(0, True), (5, True), (14, True), (15, True)]
    assert run(condition, *messages)[1] == ["", "notice", "", "fire"]


def test_K16_R3_time_out_of_order_changes_nothing() -> None:
    standing, steps = run(Condition(), (10, True), (9, False), (10, False))
    assert steps == ["fire", "", "over"]
    assert standing.at == at(10)


def test_K16_R3_a_new_alarm_after_the_window_begins_anew_and_news_of_the_old_one_does_not() -> None:
    condition = Condition(again=5 * MINUTE)
    standing, _ = judge(condition, IDLE, at(0), True)
    assert judge(condition, standing, at(5), True)[1] == "repeat"
    assert judge(condition, standing, at(5.01), True)[1] == "fire"
    assert judge(condition, standing, at(60), True, fresh=False)[1] == "repeat"


@pytest.mark.parametrize(
    ("local", "starts", "ends", "wanted"),
    [
        ("21:59", "22:00", "06:00", False), ("22:00", "22:00", "06:00", True), ("00:00", "22:00", "06:00", True),
        ("05:59", "22:00", "06:00", True), ("06:00", "22:00", "06:00", False), ("12:00", "08:00", "18:00", True),
        ("18:00", "08:00", "18:00", False), ("03:00", "08:00", "08:00", True),
    ],
)  # fmt: skip
def test_K16_R2_hours_may_go_over_midnight(local: str, starts: str, ends: str, wanted: bool) -> None:
    assert within(time.fromisoformat(local), time.fromisoformat(starts), time.fromisoformat(ends)) is wanted


def test_K16_R2_no_hours_are_all_hours() -> None:
    assert within(time(3), None, None)


# --- against a model that looks at the whole history each time --------------------------------


def model(condition: Condition, messages: list[tuple[int, bool]]) -> list[Step]:
    """What each message causes, found by looking back over all that came before."""
    steps: list[Step] = []
    kept: list[tuple[int, bool]] = []
    hold, wait, gap = (int(part / MINUTE) for part in (condition.hold, condition.wait, condition.gap))
    for minutes, on in messages:
        if kept and minutes < max(m for m, _ in kept):
            steps.append("")
            continue
        before = _phase(kept, hold, wait, gap)
        kept.append((minutes, on))
        after = _phase(kept, hold, wait, gap)
        if not on:
            steps.append("" if before == "idle" else "over")
        elif after == "fired":
            steps.append("repeat" if before == "fired" else "fire")
        elif after == "noticed":
            told = [_marks(part, hold, wait, gap)[1] for part in (kept[:-1], kept)]
            again = before == "noticed" and told[0] == told[1]
            steps.append("" if again else "notice")
        else:
            steps.append("")
    return steps


def _stretch(kept: list[tuple[int, bool]]) -> list[int]:
    """Times of the messages since the condition last ended."""
    found: list[int] = []
    for minutes, on in kept:
        found = [*found, minutes] if on else []
    return found


def _marks(kept: list[tuple[int, bool]], hold: int, wait: int, gap: int) -> tuple[int | None, int | None, int | None]:
    """(begun, noticed, fired) of the last stretch."""
    begun = noticed = fired = None
    for minutes in _stretch(kept):
        if noticed is not None and fired is None and minutes >= noticed + wait + gap:
            begun = noticed = None
        if begun is None:
            begun = minutes
        if noticed is None and fired is None and minutes >= begun + hold:
            if wait:
                noticed = minutes
            else:
                fired = minutes
        elif noticed is not None and fired is None and minutes >= noticed + wait:
            fired = minutes
    return begun, noticed, fired


def _phase(kept: list[tuple[int, bool]], hold: int, wait: int, gap: int) -> str:
    begun, noticed, fired = _marks(kept, hold, wait, gap)
    if fired is not None:
        return "fired"
    if noticed is not None:
        return "noticed"
    return "idle" if begun is None else "holding"


def test_K16_R8_the_machine_does_what_the_whole_history_says() -> None:
    rng = random.Random(16)
    for _ in range(3000):
        hold, wait, gap = rng.choice((0, rng.randint(0, 12))), rng.choice((0, rng.randint(0, 12))), rng.randint(1, 12)
        messages = [(rng.randint(0, 60), rng.random() < 0.8) for _ in range(rng.randint(0, 25))]
        if rng.random() < 0.8:
            messages.sort()
        condition = Condition(hold=hold * MINUTE, wait=wait * MINUTE, gap=gap * MINUTE)
        assert run(condition, *messages)[1] == model(condition, messages), (hold, wait, gap, messages)


def test_K16_R2_hysteresis_never_flaps_inside_its_band() -> None:
    rng = random.Random(17)
    for _ in range(300):
        above, width = rng.uniform(-50, 50), rng.uniform(0, 20)
        condition, standing = Condition(above=above, clear=above - width), False
        for _ in range(30):
            value = rng.choice((rng.uniform(-100, 100), above, above - width, float("nan")))
            found = shows(condition, value, standing)
            if found is None:
                continue
            if above - width < value <= above:
                assert found is standing
            standing = found
