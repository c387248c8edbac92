"""Channels and advice of a profile: every name defined, every word one channel, no alias in a circle (K03-R12)."""

from __future__ import annotations

from typing import Any

import pytest

from store.errors import BadInput
from store.profiles import loader
from store.profiles.model import Profile
from store.rules import channels

HEAD = 'extends = "street"\nid = "mine"\nreplace = ["channels", "advice"]\n'


def channel(name: str = "line", **values: str) -> str:
    given = {"id": f'"{name}"', "kind": '"hotline"', "zh": f'"热线{name}"', "en": f'"line {name}"', **values}
    return "[[channels]]\n" + "".join(f"{key} = {value}\n" for key, value in given.items())


def made(*tables: str, head: str = HEAD) -> Profile:
    advice = '[[advice]]\nid = "court"\nzh = "法院"\nen = "court"\n'
    return loader.parse(head + "".join(tables) + advice, "mine.toml")


def refused(*tables: str, more: str = "") -> Any:
    with pytest.raises(BadInput) as caught:
        made(*tables, more)
    return caught.value.fields["key"]


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ((channel(), channel()), "channels[line].id"),
        ((channel(category='"no.such"'),), "channels[line].category"),
        ((channel(passes_to='"NOBODY"'),), "channels[line].passes_to"),
        ((channel(hours='"25:00-26:00"'),), "channels[line].hours"),
        ((channel(hours='"09:00-09:00"'),), "channels[line].hours"),
        ((channel(alias_of='"gone"'),), "channels[line].alias_of"),
        ((channel(alias_of='"line"'),), "channels[line].alias_of"),
        ((channel("one", alias_of='"two"'), channel("two", alias_of='"one"')), "channels[one].alias_of"),
        ((channel("one"), channel("two", alias_of='"one"', sorts="true")), "channels[two].sorts"),
        ((channel("one", sources='["net"]'), channel("two", sources='["net"]')), "channels[two].sources[0]"),
        ((channel("one", number='"12345"'), channel("two", number='"12345"')), "channels[two].number"),
        ((channel("one", behind='["x"]'), channel("two", behind='["X"]')), "channels[two].behind[0]"),
        ((channel("one"), channel("two", number='"one"')), "channels[two].number"),
    ],
)
def test_what_does_not_fit_is_named(tables: tuple[str, ...], key: str) -> None:
    assert refused(*tables) == key


def test_an_unknown_channel_for_what_names_none_is_refused() -> None:
    assert refused(channel(), more='[intake]\nunknown = "gone"\n') == "intake.unknown"
    assert refused(channel(), more='[[advice]]\nid = "court"\nzh = "法"\nen = "c"\n') == "advice[court].id"


def test_hours_over_midnight_and_by_day_are_sound() -> None:
    assert made(channel("a", hours='"22:00-06:00"'), channel("b", hours='"24h"'), channel("c")).channels[0].hours


def test_K03_R12_a_word_a_number_or_a_connector_means_one_channel() -> None:
    profile = made(
        channel("one", number='"12345"', behind='["ONLINE"]', sources='["net"]'),
        channel("two", alias_of='"one"', sources='["open311"]'), channel("three", alias_of='"two"'),
    )  # fmt: skip
    for said, source, kind in (
        ("one", "x", ""), ("12345", "x", ""), ("online", "x", ""), ("", "net", ""), ("", "x", "open311"),
        ("three", "x", ""), ("热线two", "x", ""),
    ):  # fmt: skip
        assert channels.way(profile, said, source, kind).id == "one"
    assert channels.way(profile, "three", "x").said == "three"
    own = channels.way(profile, "", "own_box")
    assert (own.id, own.channel, own.sorts) == ("own_box", None, False), "filed at once as it was before channels"


def test_what_names_no_channel_may_have_one_of_its_own() -> None:
    profile = loader.parse(
        HEAD + '[intake]\nunknown = "line"\n' + channel(sorts="true") + '[[advice]]\nid = "a"\nzh = "a"\nen = "a"\n',
        "mine.toml",
    )
    assert channels.way(profile, "", "own_box").sorts
    assert channels.way(profile, "desk", "desk", unknown=False).channel is None


def test_the_street_ships_the_channels_of_the_rows() -> None:
    street = loader.load("street")
    numbers = {one.number for one in street.channels}
    assert {"962000", "12345", "110", "12350", "12315", "12369", "12338"} <= numbers
    assert {one.kind for one in street.channels} == {
        "hotline", "window", "app", "letter", "officer", "device", "assigned", "partner",
    }  # fmt: skip
    assert {one.line for one in street.advice if one.emergency} == {"110", "119", "120"}
    filed_at_once = [channels.way(street, said, "x") for said in ("12345", "PHONE", "MOBILE", "ONLINE", "UNKNOWN", "")]
    assert not any(way.sorts for way in filed_at_once)
    hotline = loader.load("hotline")
    found = hotline.channel("people_line")
    assert found is not None and found.sorts and hotline.channel("online") is not None
