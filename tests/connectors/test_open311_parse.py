"""Open311 answers: the samples of real cities to golden reports, and every defect that was seen in the wild."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.open311.parse import Answer, parse
from store.intake import Report
from tests.connectors.fake import NOW

CHICAGO = ZoneInfo("America/Chicago")


def read(body: bytes | str) -> Answer:
    return parse(body.encode() if isinstance(body, str) else body, "city", CHICAGO, NOW)


def one(**fields: object) -> Report:
    answer = read(json.dumps([{"service_request_id": "1", "status": "open", **fields}]))
    assert answer.rejections == ()
    return answer.reports[0]


def test_toronto(samples: Path) -> None:
    answer = read((samples / "open311" / "toronto_requests.xml").read_bytes())
    assert (answer.count, answer.rejections) == (2, ())
    first = answer.reports[0]
    assert first.source_id == "101005420892"
    assert first.observed_at == datetime(2018, 7, 30, 4, 1, tzinfo=UTC)
    assert first.due_at == datetime(2018, 8, 3, 4, 1, tzinfo=UTC)
    assert (first.lat, first.lon) == (43.691104288, -79.272306875)
    assert (first.kind_code, first.kind_name) == ("CSROWR-12", "Road - Pot hole")
    assert (first.version, first.text, first.media) == ("", "", ())
    assert first.status_text == "In progress - The request has been scheduled."
    assert first.time_quality == "source"


def test_the_specifications_own_xml(samples: Path) -> None:
    first, second = read((samples / "open311" / "spec_v2_requests.xml").read_bytes()).reports
    assert (first.source_id, first.status, first.kind_code) == ("638344", "closed", "006")
    assert first.closed_at == datetime(2010, 4, 14, 14, 37, 38, tzinfo=UTC)
    assert first.media == ("http://city.gov.s3.amazonaws.com/requests/media/638344.jpg",)
    assert first.address == "8TH AVE and JUDAH ST, 94122"
    assert (second.status, second.closed_at) == ("open", None)


def test_the_specifications_own_json_is_no_json_and_is_read_all_the_same(samples: Path) -> None:
    answer = read((samples / "open311" / "spec_v2_requests_invalid_leading_zero.json").read_bytes())
    assert (answer.count, answer.rejections) == (2, ())
    assert [(report.source_id, report.kind_code) for report in answer.reports] == [("638344", "006"), ("638349", "006")]


def test_leading_zeros_are_kept_in_numbers_and_left_alone_in_texts() -> None:
    report = read(b'[{"service_request_id": 007, "service_code":-01.50, "description": "at 007 \\"0099\\" 001",'
                  b'"lat": 0.5, "long": 10.05e1, "zipcode": 0}]').reports[0]  # fmt: skip
    assert (report.source_id, report.kind_code, report.text) == ("007", "-01.50", 'at 007 "0099" 001')
    assert (report.lat, report.lon, report.address) == (0.5, 100.5, "0")
    broken = read(b'[\n{"service_code": 001,\n "status": open}]')
    assert (broken.rejections[0].reason, broken.rejections[0].line) == ("not_json", 2)


def test_a_request_that_names_us_as_its_sender_is_marked_as_ours() -> None:
    def mark(**fields: object) -> str:
        body = json.dumps([{"service_request_id": "1", "status": "open", **fields}]).encode()
        return parse(body, "city", CHICAGO, NOW, own=("griddesk", "44")).reports[0].own_reference

    assert mark(account_id="griddesk", description="Hole, our 20260304-A01-12") == "20260304-A01-12"
    assert mark(source="griddesk", external_id="20260304-A01-13", description="20260304-A01-12") == "20260304-A01-13"
    assert mark(device_id=44, description="no number") == "44"
    assert mark(account_id="someone", description="20260304-A01-12") == mark() == ""
    report = parse(b'[{"service_request_id": "1", "account_id": "44"}]', "city", CHICAGO, NOW, own=("44",)).reports[0]
    assert b"account_id" not in report.raw


def test_requests_that_have_no_number_yet_are_not_a_changed_schema() -> None:
    waiting = read('[{"service_request_id": "", "token": "a"}, {"token": "b"}, {"service_request_id": null}]')
    assert (waiting.count, len(waiting.rejections), waiting.foreign) == (3, 3, 0)
    assert read('[{"id": 1}, {"id": 2}, 3]').foreign == 3


def test_chicago(samples: Path) -> None:
    plain = read((samples / "open311" / "chicago_requests.json").read_bytes())
    assert [report.source_id for report in plain.reports] == ["14-01100669", "14-01100627"]
    assert plain.reports[0].version == "2014-07-12T16:08:21.000000+00:00"
    extended = read((samples / "open311" / "chicago_requests_extended.json").read_bytes())
    assert (len(extended.reports), extended.rejections) == (25, ())
    assert not any(b"extended_attributes" in report.raw for report in extended.reports)


@pytest.mark.parametrize("name", ["spec_v2_errors.json", "spec_v2_errors.xml"])
def test_an_error_list_is_no_list_of_requests(samples: Path, name: str) -> None:
    assert read((samples / "open311" / name).read_bytes()).error == "403"


def test_services_are_no_requests(samples: Path) -> None:
    assert read((samples / "open311" / "giessen_services.xml").read_bytes()).reports == ()


def test_the_number_zero_is_a_number() -> None:
    assert one(service_request_id=0).source_id == "0"


@pytest.mark.parametrize("value", [None, "", "  ", [], {"id": 1}])
def test_a_request_without_a_number_is_refused(value: object) -> None:
    answer = read(json.dumps([{"service_request_id": value, "status": "open"}]))
    assert answer.reports == ()
    assert [(bad.reason, bad.column) for bad in answer.rejections] == [("no_id", "service_request_id")]


def test_numbers_stay_the_text_they_were() -> None:
    report = read('[{"service_request_id": 12345678901234567890123, "service_code": "006", "zipcode": 94122, '
                  '"lat": "37.76", "long": -122.46, "status": "OPEN"}]').reports[0]  # fmt: skip
    assert report.source_id == "12345678901234567890123"
    assert (report.kind_code, report.address, report.lat, report.lon) == ("006", "94122", 37.76, -122.46)


def test_empty_null_and_missing_fields() -> None:
    bare = one()
    empty = one(description=None, lat="", long="", requested_datetime="", media_url=None, agency_responsible="")
    assert bare.title == empty.title == "1"
    assert (bare.observed_at, bare.time_quality, bare.place_quality) == (None, "receipt", "none")
    assert empty.warnings == bare.warnings == ()


def test_a_time_without_offset_takes_the_configured_zone() -> None:
    report = one(requested_datetime="2026-03-04T06:00:00")
    assert report.observed_at == datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
    assert (report.time_quality, report.warnings) == ("assumed_zone", ("assumed_zone",))


def test_times_that_contradict_or_cannot_be_read() -> None:
    report = one(requested_datetime="2026-03-04T06:00:00Z", updated_datetime="2026-03-03T06:00:00Z",
                 expected_datetime="next week")  # fmt: skip
    assert report.warnings == ("bad_expected_datetime", "updated_before_requested")
    assert report.version == "2026-03-03T06:00:00.000000+00:00"
    future = one(requested_datetime="2099-01-01T00:00:00Z")
    assert (future.time_quality, future.warnings) == ("future", ("future",))


@pytest.mark.parametrize(
    ("word", "status", "warnings"),
    [("open", "open", ()), ("CLOSED", "closed", ()), ("In_Progress", "open", ()), ("FIXED", "closed", ()),
     ("NOT_COUNCILS_RESPONSIBILITY", "closed", ()), ("REOPEN", "open", ()), ("wontfix", "unknown", ("unknown_status",)),
     ("", "unknown", ("no_status",)), (None, "unknown", ("no_status",))],
)  # fmt: skip
def test_status_words(word: object, status: str, warnings: tuple[str, ...]) -> None:
    report = one(status=word)
    assert (report.status, report.warnings) == (status, warnings)


@pytest.mark.parametrize(
    "body",
    [
        '{"service_requests": [{"service_request_id": "1", "status": "open"}]}',
        '{"service_requests": {"request": [{"service_request_id": "1", "status": "open"}]}}',
        '{"service_request_id": "1", "status": "open"}',
        '{"requests": {"service_request_id": "1", "status": "open"}}',
        "<service_requests><request><service_request_id>1</service_request_id><status>open</status></request>"
        "</service_requests>",
        "<open311:answer xmlns:open311='x'><open311:item><open311:service_request_id>1</open311:service_request_id>"
        "<open311:status>open</open311:status></open311:item></open311:answer>",
        "<request><service_request_id>1</service_request_id><status>open</status></request>",
        "\ufeff  <requests type='array'><request><service_request_id>1</service_request_id><status>open</status>"
        "<media_url><a>http://x/1</a></media_url></request></requests>",
    ],
)
def test_odd_roots_and_one_object_in_place_of_a_list(body: str) -> None:
    answer = read(body)
    assert [(report.source_id, report.status) for report in answer.reports] == [("1", "open")]
    assert answer.count == 1


@pytest.mark.parametrize("body", ["[]", "{}", "null", '{"service_requests": []}', "<service_requests/>"])
def test_nothing(body: str) -> None:
    assert read(body) == Answer()


def test_places() -> None:
    assert one(lat=0, long=0).warnings == ("zero_coordinates",)
    assert one(lat="-122.4651145", long="37.762221815").warnings == ("swapped_coordinates",)
    assert one(lat=99, long=200).place_quality == "none"
    assert one(address="a street").place_quality == "address_only"


def test_media_and_agency_in_all_their_forms() -> None:
    assert one(media_url=["http://x/1 ", "javascript:alert(1)", {"media_url": "https://x/2"}]).media == (
        "http://x/1", "https://x/2",
    )  # fmt: skip
    assert one(agency_responsible={"name": "Streets"}).agency == "Streets"
    assert one(agency_responsible=["x"]).agency == ""


def test_names_of_reporters_are_left_behind() -> None:
    report = one(first_name="Jane", last_name="Doe", email="j@d", phone="1", requestor_name="Jane")
    assert b"Jane" not in report.raw and b"j@d" not in report.raw


def test_hostile_text_and_huge_values() -> None:
    report = one(description="\x1b]52;c;x\x07[bold]" + "x" * 1_000_000, service_name="k" * 5_000)
    assert len(report.text) == 8_000 and report.text.startswith("\x1b]52")
    assert (len(report.kind_name), report.warnings) == (200, ("text_cut",))
    assert len(report.raw) <= 65_536


@pytest.mark.parametrize(
    ("body", "reason", "line"),
    [
        (b"[" * 100_000, "too_deep", None),
        (b"<a>\n<b>\n</a>", "not_xml", 3),
        (b"<a>" * 10, "not_xml", 1),
        (b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "forbidden_xml", None),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "forbidden_xml", None),
        (b"[1, 2", "not_json", 1),
        (b"\xff\xfe", "not_utf8", 1),
        (b'"text"', "not_a_list", None),
        (b"", "not_json", 1),
    ],
)
def test_bodies_that_cannot_be_read(body: bytes, reason: str, line: int | None) -> None:
    answer = read(body)
    assert (answer.reports, answer.count) == ((), 0)
    assert (answer.rejections[0].reason, answer.rejections[0].line) == (reason, line)


def test_a_bad_item_does_not_cost_the_others() -> None:
    answer = read('[1, null, {"status": "open"}, {"service_request_id": "9", "status": "open"}]')
    assert [report.source_id for report in answer.reports] == ["9"]
    assert [(bad.reason, bad.line) for bad in answer.rejections] == [
        ("not_an_object", 1), ("not_an_object", 2), ("no_id", 3),
    ]  # fmt: skip
    assert answer.count == 4
