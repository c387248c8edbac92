"""A store's place: a path or a URL, shown without its secrets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from store.actions.house.opening import open_store, without_secrets
from store.engine.place import FilePlace, ServerPlace, place
from store.errors import Unavailable


@pytest.mark.parametrize(
    ("url", "shown", "location"),
    [
        ("postgresql://u:s3cret@db.lan:5433/grid", "grid@db.lan", "postgresql://u@db.lan:5433/grid"),
        ("postgres://db.lan", "griddesk@db.lan", "postgresql://db.lan/griddesk"),
        ("postgresql+psycopg://u@[::1]/g", "g@::1", "postgresql://u@/g?host=%3A%3A1"),
        ("postgresql:///g?host=/run/pg&password=s3cret", "g@localhost", "postgresql:///g?host=%2Frun%2Fpg"),
        (
            "postgresql://u:s3cret@a:1,b:2/g?target_session_attrs=read-write&sslpassword=s3cret", "g@a,b",
            "postgresql://u@/g?host=a%2Cb&port=1%2C2&target_session_attrs=read-write",
        ),
    ],
)  # fmt: skip
def test_a_password_is_never_shown_and_the_rest_opens_the_store_again(url: str, shown: str, location: str) -> None:
    found = place(url)
    assert isinstance(found, ServerPlace)
    assert (found.shown, found.location) == (shown, location)
    assert "s3cret" not in repr(found) + str(found)
    again = place(location)
    assert isinstance(again, ServerPlace)
    secrets = ("password", "sslpassword")
    assert again.parameters == {n: v for n, v in found.parameters.items() if n not in secrets}


def test_paths_and_sqlite_urls_are_files() -> None:
    assert place("sqlite:////x/y.db") == place("/x/y.db") == FilePlace(Path("/x/y.db"))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://u:s3cret@host/db", "store_engine_unknown"),
        ("postgresql://u:s3cret@host:s3cret/db?s3cret", "store_url"),
        ("postgresql://u:s3cret@[host/db", "store_url"),
        ("postgresql://u:s3cret@127.0.0.1:1/db", "store_gone"),
        ("postgresql://u:s3cret@nowhere.invalid/db", "store_gone"),
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_secrets(url: str, code: str) -> None:
    with pytest.raises(Unavailable) as error:
        open_store(url)
    assert error.value.code == code
    assert "s3cret" not in str(error.value)


def test_a_missing_driver_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable) as error:
        open_store("postgresql://host/db")
    assert error.value.code == "store_needs_extra"
    assert "griddesk[postgres]" in error.value.fields["install"]


def test_a_password_moves_from_the_url_to_the_environment() -> None:
    assert without_secrets("postgresql://u:s3cret@h/g") == ("postgresql://u@h/g", {"PGPASSWORD": "s3cret"})
    assert without_secrets("postgresql://u@h/g") == ("postgresql://u@h/g", {})
    assert without_secrets("/x/y.db") == ("/x/y.db", {})
