"""What a client files and asks with Open311: forms, dates and identities, without a port."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Context
from connectors.open311_server import parse
from connectors.open311_server.serve import Open311Server, build
from connectors.open311_server.write import Wrong
from store.errors import BadInput
from store.intake import Label, Report, Service
from tests.conftest import Desk
from tests.connectors.desks import Direct

KEY = "fixmystreet-key-1"
CODE = "order.fight"
SERVICES = {CODE: Service(CODE, Label("打架斗殴", "fighting"), "order", "event")}


def read(**fields: str) -> parse.Filing:
    given = {"service_code": [CODE], "lat": ["0.5"], "long": ["0.5"], **{n: [v] for n, v in fields.items()}}
    return parse.filing(given, "fms", "here", SERVICES, "zh", "")


def test_text_from_outside_is_cut_and_cleaned() -> None:
    report = read(description="a\x00b" + "x" * 20_000, **{"attribute[title]": "t" * 900}).report
    assert (len(report.text), len(report.title)) == (7_999, 300)
    assert "nul_removed" in report.warnings and "text_cut" in report.warnings
    assert read(media_url="javascript:alert(1)").report.media == ()


def test_two_mistakes_are_told_at_once() -> None:
    with pytest.raises(Wrong) as wrong:
        parse.filing({}, "fms", "here", SERVICES, "zh", "")
    assert (wrong.value.status, len(wrong.value.descriptions)) == (400, 2)


def test_an_id_is_text_that_only_the_key_makes() -> None:
    now = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
    found = read(description="x")
    ids = {found.ids(key, now + timedelta(minutes=10 * n))[0] for key in (KEY, "other") for n in range(50)}
    assert len(ids) == 100 and all(parse.is_id(one) and len(one) == 21 for one in ids)
    assert found.ids(KEY, now)[1] == found.ids(KEY, now - timedelta(minutes=10))[0]


@pytest.mark.parametrize("text", ["2010-01-01T00:00:00Z", "2010-01-01T08:00:00 08:00", "2010-01-01T08:00:00"])
def test_dates_of_clients(text: str) -> None:
    assert parse.date({"d": text}, "d", ZoneInfo("Asia/Shanghai")) == datetime(2010, 1, 1, tzinfo=UTC)
    with pytest.raises(Wrong):
        parse.date({"d": text + "x"}, "d", UTC)


def test_settings(desk: Desk) -> None:
    context = Context(Direct(desk), "Asia/Shanghai")
    for table, key in (({"host": "0.0.0.0"}, "?"), ({"keys": {"a": "short"}}, "keys"),
                       ({"keys": {"a": KEY, "b": KEY}}, "keys"), ({"path": "/x/"}, "path")):  # fmt: skip
        with pytest.raises(BadInput) as wrong:
            build("here", table, context)
        assert wrong.value.fields["key"] == key
    made = build("here", {"host": "0.0.0.0", "keys": {"a": KEY}}, context)
    assert isinstance(made, Open311Server) and KEY not in repr(made._settings)


def test_replay(desk: Desk) -> None:
    made = build("here", {}, Context(Direct(desk), "Asia/Shanghai"))
    batch = made.replay(b"service_code=order.fight&lat=1&long=2&description=x", {}, desk.now)
    (report,) = batch.records
    assert isinstance(report, Report) and (report.category, report.lat) == ("order.fight", 1.0)
