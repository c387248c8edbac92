"""`ladder`: what waits at each tier and why, who stays informed, and the share closed at each (K07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import tr

if TYPE_CHECKING:
    from store.profiles.model import Profile
    from store.views.ladder import TierRow, WaitingRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("ladder", tr("the tiers: what waits at each, and the share closed there"), run)
    leaf.add_argument("--tier", metavar="ID", help=tr("the cases that wait at this tier, with the reasons"))
    leaf.add_argument("--profile", metavar="ID", help=tr("the ladder of this profile of the store"))
    leaf.add_argument("--days", type=int, metavar="N", help=tr("shares of the last N days only"))


def run(call: Call) -> int:
    """`{"tiers": [TIER…], "waiting": [WAITING…], "informed": [WAITING…], "seq": n, "as_of": instant}`.

    TIER: tier, label, waiting, share {tier, closed, share, target, deviation} in per cent and points. WAITING: case_id,
    number, title, tier, unit, since, came_from, trigger, reason, up_at, informed; empty without `--tier`.
    """
    from datetime import timedelta

    from store.views import ladder

    since = None if call.args.days is None else call.now - timedelta(days=call.args.days)
    profile = _profile(call)
    tier = call.args.tier
    if tier is not None and tier not in {rung.id for rung in profile.ladder}:
        from store.errors import Refused

        raise Refused("unknown_tier", tier=tier, known=[rung.id for rung in profile.ladder])
    found = call.read(ladder.board, profile, call.now, tier=tier, since=since)
    if call.json:
        return call.document(
            {
                "tiers": found.tiers, "waiting": found.waiting, "informed": found.informed, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if tier is None:
        columns = (
            Column(tr("tier")), Column(tr("waiting"), right=True), Column(tr("closed"), right=True),
            Column(tr("share"), right=True), Column(tr("target"), right=True), Column(tr("deviation"), right=True),
        )  # fmt: skip
        call.table(columns, [_tier(row) for row in found.tiers])
        return 0
    _waiting(call, found.waiting, tr("Nothing waits at this tier."))
    if found.informed:
        call.say("", tr("Passed up, still informed and answerable on the scene:"))
        _waiting(call, found.informed, "")
    return 0


def _profile(call: Call) -> Profile:
    from store.errors import Refused
    from store.profiles import shelf

    if call.args.profile in (None, call.profile.id):
        return call.profile
    known = call.read(shelf.profiles, call.profile)
    found = next((profile for profile in known if profile.id == call.args.profile), None)
    if found is None:
        raise Refused("unknown_profile", profile=call.args.profile, known=[profile.id for profile in known])
    return found


def _tier(row: TierRow) -> list[str | Cell]:
    from tui import wording

    share = row.share
    deviation = "" if share is None or share.deviation is None else f"{share.deviation:+.1f}"
    return [
        wording.named(row.label, row.tier), str(row.waiting), "" if share is None else str(share.closed),
        "" if share is None else f"{share.share:.1f} %",
        "" if share is None or share.target is None else f"{share.target:.1f} %",
        Cell(deviation, "warn" if share is not None and share.deviation else ""),
    ]  # fmt: skip


def _waiting(call: Call, rows: tuple[WaitingRow, ...], nothing: str) -> None:
    from tui import wording

    if not rows:
        call.say(nothing)
        return
    columns = (
        Column(tr("number")), Column(tr("since")), Column(tr("up in"), right=True), Column(tr("from")),
        Column(tr("because of")), Column(tr("reason"), least=8), Column(tr("what"), least=8),
    )  # fmt: skip
    labels = {rung.id: rung.label for rung in call.profile.ladder}
    call.table(
        columns,
        [
            [
                row.number, wording.local_stamp(row.since, call.zone, call.now),
                "" if row.up_at is None else wording.time_left(row.up_at, call.now),
                wording.named(labels.get(row.came_from), row.came_from),
                tr(wording.TRIGGERS.get(row.trigger, row.trigger)) if row.trigger else "", row.reason, row.title,
            ]
            for row in rows
        ],
    )  # fmt: skip
