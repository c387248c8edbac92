"""What a new day does to the tree, and what is watched of posts at every tick (K01-R6, R9)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from store.actions.loop.alerts import KEEPER
from store.actions.people import posts
from store.actions.places import grids, treebook
from store.profiles.model import Profile


def turn(session: Session, profile: Profile, now: datetime) -> None:
    """Carry out changes of the tree that are due, look up cases whose node ended, and watch for vacancies."""
    if treebook.new_day(session, now):
        grids.place_waiting(session, profile, KEEPER, now)
    posts.watch(session, profile, now)
