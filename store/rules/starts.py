"""What the clock rules of a profile call an event that starts or meets a clock (K05-R1)."""

from __future__ import annotations

from store.rules.events import Advanced, Event, Reopened, Reported, Returned, Verified

STARTS_WITH: dict[type[Event], tuple[str, ...]] = {
    Reported: ("occurred", "reported"),
    Reopened: ("reopened", "filed"),
    Returned: ("returned", "filed"),
}
"""Start kinds that an event gives beside its own; a clock already running is not started anew."""

RAN_OUT = "ran_out:"
"""Before the name of a clock: the instant at which that one ran out (K05-R12)."""


def kinds_of(event: Event) -> set[str]:
    """The event's kind, kinds it stands for, and the id of its move."""
    kinds = {event.kind, *STARTS_WITH.get(type(event), ())}
    if isinstance(event, Verified) and not event.passed:
        kinds.add("reworked")
    if isinstance(event, Advanced):
        kinds.add(event.move)
    return kinds
