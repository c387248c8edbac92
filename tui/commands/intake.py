"""`intake`: the one list of all channels 受理, its items, and what became of them (K03)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tui.commands import sorting
from tui.commands.table import Cell, Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.views.diversion import Accuracy, ChannelCount
    from store.views.intake import IntakeRow, Which
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

LISTS = ("waiting", "today", "all", "following", "untold")
SORTS = {
    "emergency": N_("emergency"), "consultation": N_("consultation"), "matter": N_("matter"),
    "not_ours": N_("not ours#intake"), "diverted": N_("diverted from 110"),
}  # fmt: skip
COUNTS = (
    ("received", N_("received#intake")), ("accepted", N_("accepted#intake")), ("filed", N_("filed#intake")),
    ("handed_over", N_("handed over#intake")), ("settled", N_("settled#intake")),
    ("answered", N_("answered#intake")), ("connected", N_("connected#intake")), ("advised", N_("advised#intake")),
    ("duplicates", N_("joined#intake")), ("mirrors", N_("own copies")), ("waiting", N_("waiting#intake")),
    ("diverted", N_("diverted from 110")),
)  # fmt: skip


def add(nouns: Nouns) -> None:
    group = nouns.group("intake", tr("the intake list: what came in by every channel, and its first sort"), run)
    which = group.owner.add_mutually_exclusive_group()
    helps = (
        tr("what nobody has sorted yet (the default)"), tr("everything of today"), tr("everything, the newest first"),
        tr("what was handed over and not followed yet"), tr("results that reporters wait to be told"),
    )  # fmt: skip
    for name, words in zip(LISTS, helps, strict=True):
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name, help=words)
    shown = group.command("show", tr("all of an item"), show)
    shown.add_argument("item", type=int, metavar="ID", help=tr("the id of the item"))
    sorting.add(group)
    counted = group.command("stats", tr("counts by channel and day, and how right the division was"), stats)
    counted.add_argument("--from", dest="first", metavar="DAY", help=tr("the first day, YYYY-MM-DD (today)"))
    counted.add_argument("--to", dest="last", metavar="DAY", help=tr("the last day, YYYY-MM-DD (the first)"))


def run(call: Call) -> int:
    """`{"intake": [ITEM…], "waiting": n, "late": n, "following": n, "seq": n, "as_of": instant}`.

    ITEM: id, channel, channel_label, source, at, due_at, state, sort, kind_name, title, text (empty in the list),
    address, grid_code, grid_name, category, unit, case_id, number, where_to, note, media, proposed, has_call_back,
    version, followed_at, told_at, told_way, call_backs (masked, in `show` alone).
    """
    from store.views.intake import intake

    which: Which = getattr(call.args, "which", None) or "waiting"
    found = call.read(intake, call.profile, call.now, which, call.zone)
    call.exported("intake", len(found.rows))
    if call.json:
        return call.document(
            {
                "intake": found.rows, "waiting": found.waiting, "late": found.late, "following": found.following,
                "seq": found.seq, "as_of": found.as_of,
            }
        )  # fmt: skip
    if not found.rows:
        return call.say(tr("Nothing on the list."))
    columns = (
        Column(tr("id"), right=True), Column(tr("at#time")), Column(tr("left"), right=True),
        Column(tr("channel"), least=6), Column(tr("state"), least=6), Column(tr("grid"), least=4),
        Column(tr("category"), least=6), Column(tr("what"), least=12), Column(tr("becomes"), least=6),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    return call.say(
        tr(
            "{waiting} wait for their first sort, {late} past their time; {following} to follow.",
            waiting=found.waiting, late=found.late, following=found.following,
        )
    )  # fmt: skip


def _cells(call: Call, row: IntakeRow) -> list[str | Cell]:
    from tui import wording
    from tui.wording.reaching import ITEM_STATES, word

    waits = row.state == "new"
    late = waits and row.due_at is not None and row.due_at <= call.now
    left = wording.time_left(row.due_at, call.now) if waits else ""
    return [
        str(row.id), wording.local_stamp(row.at, call.zone, call.now), Cell(left, "bad" if late else ""),
        label(row.channel_label) or row.channel, word(ITEM_STATES, row.state), row.grid_name or row.grid_code or "",
        category(call, row.category), row.title or row.kind_name or row.address or ", ".join(row.media[:1]),
        row.number or _where(call, row.where_to) or row.unit or "",
    ]  # fmt: skip


def category(call: Call, code: str | None) -> str:
    """The category in words; its id where another profile has it."""
    known = call.profile.category(code)
    return label(known.label) if known else code or ""


def _where(call: Call, where: str) -> str:
    from store.views.inquiries import where_to

    return label(where_to(call.profile, where))


def show(call: Call) -> int:
    """`{"item": ITEM}` as in the list, with the words where the officer has a need for them, handles masked."""
    from store.views.intake import item
    from tui import wording
    from tui.wording.reaching import ITEM_STATES, word

    row = call.read(item, call.profile, call.now, call.args.item, call.viewer)
    if call.json:
        return call.document({"item": row})
    lines = [
        (tr("item"), f"{row.id}  {word(ITEM_STATES, row.state)} {tr(SORTS[row.sort]) if row.sort in SORTS else ''}"),
        (tr("channel"), label(row.channel_label) or row.channel),
        (tr("received#intake"), wording.local_stamp(row.at, call.zone, call.now)),
        (tr("what"), row.title or row.kind_name), (tr("words"), row.text), (tr("where"), row.address),
        (tr("grid"), row.grid_name or row.grid_code or ""), (tr("category"), category(call, row.category)),
        (tr("unit"), row.unit or ""), (tr("media"), ", ".join(row.media)), (tr("case"), row.number),
        (tr("to#where"), _where(call, row.where_to)), (tr("note"), row.note),
        (tr("call-back"), ", ".join(row.call_backs)),
        (tr("may repeat"), ", ".join(str(case) for case in row.proposed)),
        (tr("told#result"), wording.local_stamp(row.told_at, call.zone, call.now) if row.told_at else ""),
    ]  # fmt: skip
    call.table((Column(tr("field")), Column(tr("value"), least=20)), [list(line) for line in lines if line[1]])
    return 0


def stats(call: Call) -> int:
    """`{"first", "last", "days": [COUNT…], "channels": [COUNT…], "total": COUNT, "accuracy": [LINE…]}`.

    COUNT: day (null over the whole span), channel, label, received, accepted, filed, handed_over, emergencies,
    settled, answered, connected, advised, duplicates, mirrors, waiting, diverted. LINE: by (`category` or `unit`), key,
    label, divided, corrected.
    """
    from store.views.diversion import statistics

    first = _day(call, call.args.first, call.now.astimezone(ZoneInfo(call.zone)).date())
    last = _day(call, call.args.last, first)
    last = min(max(first, last), first + timedelta(days=366))
    found = call.read(statistics, call.profile, first, last, call.zone)
    if call.json:
        return call.document(found)
    if not found.days:
        return call.say(tr("Nothing on the list."))
    columns = (Column(tr("channel"), least=8), *(Column(tr(title), right=True) for _, title in COUNTS))
    call.table(columns, [_count(one) for one in (*found.channels, found.total)])
    if found.accuracy:
        call.say("")
        columns = (
            Column(tr("divided by"), least=8), Column(tr("divided"), right=True), Column(tr("corrected"), right=True),
            Column(tr("right"), right=True),
        )  # fmt: skip
        call.table(columns, [_accuracy(one) for one in found.accuracy])
    return 0


def _count(one: ChannelCount) -> list[str]:
    name = label(one.label) or one.channel or tr("together")
    return [name, *(str(getattr(one, count)) for count, _ in COUNTS)]


def _accuracy(one: Accuracy) -> list[str]:
    return [label(one.label) or one.key, str(one.divided), str(one.corrected), f"{one.share:.1%}"]


def _day(call: Call, words: str | None, otherwise: date) -> date:
    from store.errors import BadInput

    try:
        return date.fromisoformat(words) if words else otherwise
    except ValueError as error:
        raise BadInput("bad_time", value=words, expected="YYYY-MM-DD") from error
