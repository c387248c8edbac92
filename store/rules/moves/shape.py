"""The shape of a subject of the rules: deciders by command, appliers by event, consequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from store.errors import Refused
from store.profiles.model import Profile
from store.rules.commands import Command
from store.rules.events import Event
from store.rules.state import Actor, CaseState, Facts
from store.rules.template import Move, Template


@dataclass(frozen=True, slots=True)
class Asked:
    """One command with all that its decision may look at; `move` is the template's move for it."""

    state: CaseState
    move: Move
    actor: Actor
    template: Template
    facts: Facts

    @property
    def step(self) -> str:
        """The step after the move."""
        return self.move.target or self.state.step


Decider = Callable[[Asked, Any], tuple[Event, ...]]
Applier = Callable[[CaseState, Any], CaseState]
Consequence = Callable[[CaseState, Event, Facts], tuple[Event, ...]]
"""What the rules add by themselves after an event; `state` is the case after it. Must come to rest."""

Deciders = Mapping[type[Command], Decider]
Appliers = Mapping[type[Event], Applier]


def needed(verb: str, field: str, value: object) -> None:
    """Raise `Refused` `field_missing` where a needed field is empty."""
    if not str(value if value is not None else "").strip():
        raise Refused("field_missing", verb=verb, field=field)


def require(move: Move, actor: Actor) -> None:
    """Raise `Refused` `no_power` or `wrong_role` where the actor may not make the move (K02-R1, K23-R1)."""
    if move.power not in actor.powers:
        raise Refused("no_power", verb=move.verb, power=move.power, officer=actor.code)
    if move.roles and not actor.roles.intersection(move.roles):
        raise Refused("wrong_role", verb=move.verb, officer=actor.code, roles=", ".join(move.roles))


def under(actor: Actor, default: Profile, profile: Profile) -> Actor:
    """The actor with the powers that his roles have in the case's own profile, where it knows them."""
    if profile is default or not actor.roles:
        return actor
    found = (profile.role(role) or default.role(role) for role in actor.roles)
    return replace(actor, powers=frozenset(power for role in found if role is not None for power in role.powers))
