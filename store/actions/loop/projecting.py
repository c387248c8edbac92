"""Tables that follow from a case's events beside its row and clocks: orders, owed reports, supervision, visits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import Session

from store.actions.clocks.clockwork import Running
from store.actions.intake import diverting, handlebook
from store.actions.loop import dutybook, ladderbook, orderbook, reportbook, supervisionbook, urgingbook
from store.actions.notices import noticebook
from store.profiles.model import Profile
from store.rules.events import Event
from store.rules.state import CaseState

Projection = Callable[[Session, Profile, int, CaseState, Sequence[Event], datetime, Sequence[Running]], None]
"""Brings one table in line after `events` of a case at that instant; state and clocks are those after them."""

PROJECTIONS: tuple[Projection, ...] = (
    orderbook.project, dutybook.project, reportbook.project, supervisionbook.project, urgingbook.project,
    ladderbook.project, noticebook.project, diverting.project, handlebook.project,
)  # fmt: skip
