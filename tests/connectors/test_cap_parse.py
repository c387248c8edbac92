"""CAP alerts and their indexes: samples to golden values, and every defect that was seen in the wild."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.cap.area import Area, circle, concern, polygon
from connectors.cap.feed import parse_alert, parse_feed
from connectors.cap.parse import CapAlert, chosen, parse
from connectors.document import Unreadable
from connectors.markup import read_xml
from store.intake import Place, Rejection

ZONE = ZoneInfo("Asia/Shanghai")
HERE = "http://feed.test/cap/index.atom"


def alert(body: str | bytes) -> CapAlert:
    found = parse(parse_alert(body.encode() if isinstance(body, str) else body)[0], ZONE)
    assert isinstance(found, CapAlert)
    return found


def cap(
    number: str = "1", *, sent: str = "2026-03-04T17:00:00+00:00", status: str = "Actual", kind: str = "Alert",
    references: str = "", info: str | None = None, area: str = "<areaDesc>North</areaDesc>", event: str = "Flood",
    severity: str = "Severe", expires: str = "2026-03-05T00:00:00+00:00", more: str = "", language: str = "en-US",
) -> str:  # fmt: skip
    """An alert of our own writing, without namespace."""
    if info is None:
        info = (
            f"<info><language>{language}</language><category>Met</category><event>{event}</event>"
            f"<severity>{severity}</severity>"
            f"<expires>{expires}</expires><headline>{event} warning</headline>{more}<area>{area}</area></info>"
        )
    return (
        f"<alert><identifier>{number}</identifier><sender>met@example.org</sender><sent>{sent}</sent>"
        f"<status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>"
        f"<references>{references}</references>{info}</alert>"
    )


def test_canada_several_areas_references_and_two_languages(samples: Path) -> None:
    found = alert((samples / "cap" / "canada.cap").read_bytes())
    assert found.id == "cap@ec.gc.ca|2.49.0.1.124.6bddbc91.2012|2012-05-02T23:21:04.000000+00:00"
    assert (found.kind, found.status, found.live) == ("update", "actual", True)
    assert found.references == (
        "cap@ec.gc.ca|2.49.0.1.124.a3f342a4.2012|2012-05-02T21:45:05.000000+00:00",
        "cap@ec.gc.ca|2.49.0.1.124.60f31a3a.2012|2012-05-02T21:55:21.000000+00:00",
    )
    english, french = chosen(found, "en"), chosen(found, "fr-CA")
    assert {info.language for info in english} == {"en-CA"} and {info.language for info in french} == {"fr-CA"}
    (info,) = english
    assert (info.event, info.severity, info.all_clear) == ("thunderstorm", "info", True)
    assert info.ends is not None and info.ends.at == datetime(2012, 5, 3, 0, 20, tzinfo=UTC)
    assert info.areas[0].name == "Windsor - Leamington - Essex County"
    assert info.areas[0].polygons[0][0] == (42.3481, -82.9314)
    assert ("layer:EC-MSC-SMC:1.0:CLC", "041420") in info.areas[0].codes


def test_australia_circle_and_html_in_words(samples: Path) -> None:
    found = alert((samples / "cap" / "australia.cap").read_bytes())
    assert len(found.infos) == 2 and len(chosen(found, "")) == 2
    info = found.infos[0]
    assert info.areas[0].circles == (((-35.3888, 147.0598), 25.0),)
    assert info.description.startswith("ALERT LEVEL: Not Applicable LOCATION: 12 Cox Street")
    assert info.web == "http://www.rfs.nsw.gov.au/dsp_content.cfm?cat_id=683"


def test_cap_1_1_earthquake(samples: Path) -> None:
    found = alert((samples / "cap" / "earthquake.cap").read_bytes())
    info = found.infos[0]
    assert (info.event, info.severity) == ("Earthquake", "minor")
    assert info.areas[0].circles == (((-16.053, -173.274), 0.0),)


@pytest.mark.parametrize("name", ["weather.cap", "australia.cap", "canada.cap", "earthquake.cap"])
def test_every_sample_is_read_without_refusal(samples: Path, name: str) -> None:
    assert alert((samples / "cap" / name).read_bytes()).infos


def test_K16_R7_a_warning_about_a_person_leaves_the_person_behind(samples: Path) -> None:
    found = alert((samples / "cap" / "cap12_amber_alert.xml").read_bytes())
    assert [info.event for info in found.infos] == ["Child Abduction", "Abducción de Niño"]
    assert found.infos[0].areas[0].name == "Los Angeles County"
    kept = repr(found) + found.raw.decode()
    assert not any(word in kept for word in ("KHAYRI", "DOE", "4XXX000", "SMITH"))
    (entry,) = parse_feed((samples / "cap" / "amber.atom").read_bytes(), HERE).entries
    assert entry.alert is not None and "KHAYRI" not in repr(parse(entry.alert, ZONE))


def test_an_index_with_the_alert_in_it(samples: Path) -> None:
    feed = parse_feed((samples / "cap" / "weather.atom").read_bytes(), HERE)
    assert (feed.updated, len(feed.entries), feed.rejections) == ("2012-08-30T14:37:00-00:00", 1, ())
    assert feed.entries[0].alert is not None
    found = parse(feed.entries[0].alert, ZONE)
    assert isinstance(found, CapAlert)
    assert found.infos[0].areas[0].codes == (("FIPS6", "030049"), ("UGC", "MTZ014"))


def test_an_index_with_links(samples: Path) -> None:
    feed = parse_feed((samples / "cap" / "weather_index.atom").read_bytes(), HERE)
    assert [entry.alert for entry in feed.entries] == [None, None]
    assert feed.entries[0].link.startswith("http://www.weather.gov/alerts-beta/wwacapget.php?x=CT2010")
    assert feed.entries[0].updated == "2010-08-30T23:04:00-04:00"


def test_rss_with_enclosures_with_escaped_alerts_and_with_nothing() -> None:
    escaped = cap().replace("<", "&lt;").replace(">", "&gt;")
    feed = parse_feed(
        f"""<rss version="2.0"><channel><title>x</title><lastBuildDate>Wed, 04 Mar 2026 17:30:00 GMT</lastBuildDate>
        <item><guid>a</guid><link>page.html</link><enclosure url="a.cap" type="application/cap+xml"/></item>
        <item><guid>b</guid><description>{escaped}</description></item>
        <item><guid>c</guid><pubDate>Wed, 04 Mar 2026 17:00:00 GMT</pubDate><link>/c.xml</link></item>
        <item><guid>d</guid><title>only words</title></item>
        </channel></rss>""".encode(),
        HERE,
    )
    assert feed.updated == "Wed, 04 Mar 2026 17:30:00 GMT"
    assert [(entry.key, entry.link) for entry in feed.entries] == [
        ("a", "http://feed.test/cap/a.cap"), ("b", ""), ("c", "http://feed.test/c.xml"),
    ]  # fmt: skip
    assert feed.entries[1].alert is not None
    assert [(bad.reason, bad.line) for bad in feed.rejections] == [("no_alert", 4)]


def test_alerts_alone_and_in_a_list() -> None:
    assert [entry.key for entry in parse_feed(cap("7").encode(), HERE).entries] == ["7"]
    listed = parse_feed(f"<alerts>{cap('1')}{cap('2')}</alerts>".encode(), HERE)
    assert [entry.key for entry in listed.entries] == ["1", "2"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><alert>&x;</alert>", "forbidden_xml"),
        (b"<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c '&b;&b;'>]><alert>&c;</alert>",
         "forbidden_xml"),
        (b"<!DOCTYPE alert SYSTEM 'http://evil.test/x.dtd'><alert/>", "forbidden_xml"),
        (b"<alert><identifier>1</alert>", "not_xml"),
        (b"<a>" * 50_000 + b"</a>" * 50_000, "too_deep"),
        (b"<catalog/>", "not_a_feed"),
        (b"{}", "not_xml"),
    ],
)  # fmt: skip
def test_what_is_no_index_or_hostile_is_refused_whole(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as error:
        parse_feed(body, HERE)
    assert error.value.rejection.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + cap(event="Überflutung").encode(),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>" + cap(event="Überflutung")).encode("latin-1"),
        ("<?xml version='1.0' encoding='GB2312'?>" + cap(event="暴雨")).encode("gb18030"),
        ("<?xml version='1.0' encoding='UTF-16'?>" + cap(event="Überflutung")).encode("utf-16"),
        b" \r\n" + cap().encode(),
    ],
)  # fmt: skip
def test_encodings(body: bytes) -> None:
    assert alert(body).infos[0].event in ("Überflutung", "暴雨", "Flood")


def test_no_namespace_signature_and_empty_elements() -> None:
    body = cap(area="<areaDesc/><polygon/><circle></circle><geocode/>", severity="", expires="", event="")
    signed = body.replace("</alert>", "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><identifier>x</identifier>"
                                      "</Signature></alert>")  # fmt: skip
    found = alert(signed)
    info = found.infos[0]
    assert (found.id.split("|")[1], info.event, info.severity, info.ends) == ("1", "met", "minor", None)
    assert found.warnings == ("no_severity",)
    assert (info.areas[0].name, info.areas[0].drawn) == ("", False)


def test_the_end_of_the_event_is_not_that_of_the_message() -> None:
    more = (
        "<parameter><valueName>eventEndingTime</valueName><value>2026-03-06T00:00:00+00:00</value></parameter>"
        "<parameter><valueName>VTEC</valueName><value>x</value></parameter>"
    )
    ends = alert(cap(more=more)).infos[0].ends
    assert ends is not None and ends.at == datetime(2026, 3, 6, tzinfo=UTC)
    assert alert(cap(expires="soon")).warnings == ("bad_expires",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(cap("").replace("<identifier></identifier>", ""), "no_id"), (cap(sent="yesterday"), "bad_time")],
)
def test_an_alert_without_identity_is_refused(body: str, reason: str) -> None:
    found = parse(read_xml(body.encode()), ZONE)
    assert isinstance(found, Rejection) and found.reason == reason


def test_references_with_commas_other_offsets_and_rubbish() -> None:
    found = alert(cap(references="met@example.org,a,b,2026-03-04T18:00:00+01:00 rubbish met@example.org,c"))
    assert found.references == ("met@example.org|a,b|2026-03-04T17:00:00.000000+00:00",)
    assert found.warnings == ("bad_reference",)


def test_outlines_are_latitude_first() -> None:
    ring = polygon("30.0,120.0 30.0,121.0 31.0,121.0 31.0,120.0 30.0,120.0")
    assert ring[1] == (30.0, 121.0)
    assert polygon("120,30 121,30 121,31") == polygon("1,2 1,2") == polygon("a,b c,d e,f") == ()
    assert circle("30.5,120.5 4") == ((30.5, 120.5), 4.0)
    assert circle("30.5,120.5 -4") is None is circle("30.5 4")


LEAVES = (Place("A1", "one", 30.5, 120.5), Place("A2", "two", 30.6, 120.6), Place("A3", "three", 31.5, 121.5))
SQUARE = polygon("30.0,120.0 30.0,121.0 31.0,121.0 31.0,120.0 30.0,120.0")
FAR = polygon("50.0,10.0 50.0,11.0 51.0,11.0 50.0,10.0")


def test_which_grids_a_warning_means() -> None:
    found = concern([Area("North", (SQUARE,)), Area("Far", (FAR,))], LEAVES, (), 10)
    assert (found.where, found.grids, found.names) == ("here", ("A1", "A2"), ("North",))
    round_ = concern([Area("Spot", circles=(((31.5, 121.5), 1.0),))], LEAVES, (), 10)
    assert round_.grids == ("A3",)
    assert concern([Area("Far", (FAR,))], LEAVES, (), 10).where == "elsewhere"
    assert concern([Area("Far", (FAR,))], (), (), 10).where == "unknown"


def test_a_warning_smaller_than_a_grid_is_placed_by_its_middle() -> None:
    small = polygon("30.52,120.52 30.52,120.54 30.54,120.54 30.54,120.52")
    found = concern([Area("Factory", (small,))], LEAVES, (), 10)
    assert (found.where, found.grids) == ("here", ())
    assert found.spot == pytest.approx((30.53, 120.53))
    assert concern([Area("Factory", (small,))], LEAVES, (), 1).where == "elsewhere"


def test_codes_where_there_is_no_outline() -> None:
    area = Area("Lewis", codes=(("FIPS6", "030049"), ("UGC", "MTZ014 MTZ015")))
    assert concern([area], LEAVES, ("FIPS6=030049",), 10).where == "here"
    assert concern([area], LEAVES, ("MTZ015",), 10).where == "here"
    assert concern([area], LEAVES, ("MTZ016",), 10).where == "elsewhere"
    assert concern([area], LEAVES, (), 10).where == "unknown"
    assert concern([Area("words only")], LEAVES, ("MTZ016",), 10).where == "unknown"
    assert concern([], LEAVES, ("x",), 10).where == "unknown"
