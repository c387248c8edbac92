"""What a profile may say of notices, and what is refused with its line (K08)."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from store.profiles import loader

HEAD = 'extends = "street"\nid = "riverside"\nzh = "江滨"\nen = "Riverside"\n\n[notices]\n'


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("quiet_from = 22:00:00", "notices.quiet_to"),
        ("quiet_to = 07:00:00", "notices.quiet_from"),
        ("quiet_from = 07:00:00\nquiet_to = 07:00:00", "notices.quiet_to"),
        ("patience_minutes = 30\ngive_up_minutes = 10", "notices.give_up_minutes"),
        ("tries = 0", "notices.tries"),
        ('language = "fr"', "notices.language"),
    ],
)
def test_notice_rules_that_contradict_themselves_are_refused(words: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        loader.parse(HEAD + words + "\n", "riverside.toml")
    assert caught.value.fields["key"] == key


def test_notice_rules_are_taken_over_one_by_one() -> None:
    own = loader.parse(HEAD + "patience_minutes = 3\n", "riverside.toml").notices
    assert (own.patience_minutes, own.fold_from, own.citizen_words, own.language) == (3, 4, False, "zh")
