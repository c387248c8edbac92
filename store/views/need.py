"""Case texts are for those with a need; everybody else sees the status alone (K23-R5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from store.views.changes import texts_hidden

if TYPE_CHECKING:
    from store.views.case import CaseView


def withheld(view: CaseView) -> CaseView:
    """The case without what people wrote: its text, the reports, the words of its history, result and proof."""
    return replace(
        view, text="", result="", proof="", text_withheld=True,
        reports=tuple(replace(report, text="", status_text="") for report in view.reports),
        history=tuple(replace(line, data=texts_hidden(line.data)) for line in view.history),
    )  # fmt: skip
