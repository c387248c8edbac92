"""The one table of keys: bindings, footer and help screen are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from tui.language import N_


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    """`area.verb`."""
    keys: str
    """Textual key names, comma separated."""
    action: str
    label: str
    """Short, for the footer."""
    tip: str
    """One sentence, for the help screen."""
    rank: int = 0
    """Place in the footer, lowest first; 0 stays out of it."""
    verb: str = ""
    """The move it makes; shown and acted on only where the case allows it."""
    shown: str = ""
    """How the key is written for people, where its name would not do."""
    priority: bool = False

    @property
    def area(self) -> str:
        return self.id.split(".", 1)[0]

    @property
    def written(self) -> str:
        return self.shown or self.keys.split(",", 1)[0]


AREAS: dict[str, str] = {
    "desk": N_("Everywhere"),
    "table": N_("Lists"),
    "grids": N_("Grids"),
    "queue": N_("Queue"),
    "case": N_("On a case"),
    "alerts": N_("Alerts"),
    "devices": N_("Sources and devices"),
    "intake": N_("Intake"),
    "warnings": N_("Warnings"),
    "page": N_("Texts"),
    "dialog": N_("Dialogs"),
    "bar": N_("Command line"),
    "help": N_("Help"),
    "trouble": N_("Trouble"),
    "app": N_("Always"),
}

FURTHER = (
    "evaluate,advance,sign,book,merge,gap,supply,extend,pause,resume,mark,note,send_down,supervise,answer,send_report,"
    "acknowledge_report,breach,call,plan,lead,answer_call,release,meet,visit"
)
"""Verbs without a key of their own."""

KEYS: tuple[Key, ...] = (
    Key("app.language", "f2", "app.switch_language", N_("language"), N_("Chinese or English, also while typing."),
        shown="F2", priority=True),
    Key("app.repaint", "ctrl+l", "app.repaint", N_("repaint"), N_("Paint the screen anew."), shown="^L", priority=True),
    Key("desk.in", "right,l", "go_in", N_("in"), N_("Open what the cursor is on."), shown="l"),
    Key("desk.back", "escape,left,h", "go_back", N_("back"), N_("Back to where you came from."), 14, shown="Esc"),
    Key("desk.search", "slash", "search", N_("find"), N_("Search cases by number, words, address."), 12, shown="/"),
    Key("desk.bar", "colon", "command_bar", N_("command"), N_("Command line: D.P3.1042 E.1042 C.1042 U.1042 A.7."),
        13, shown=":"),
    Key("desk.report", "n", "report", N_("new"), N_("Enter a report by hand."), 11),
    Key("desk.help", "question_mark", "app.help", N_("help"), N_("All keys."), 1, shown="?"),
    Key("desk.next", "tab", "next_panel(1)", N_("panel"), N_("Next panel."), 10, shown="Tab"),
    Key("desk.previous", "shift+tab", "next_panel(-1)", N_("previous panel"), N_("Previous panel."), shown="S-Tab"),
    Key("desk.grids", "1", "show_panel('grids')", N_("grids"), N_("Grids.")),
    Key("desk.queue", "2", "show_panel('queue')", N_("queue"), N_("Queue.")),
    Key("desk.alerts", "3", "show_panel('alerts')", N_("alerts"), N_("Alerts.")),
    Key("desk.patrol", "4", "show_panel('patrol')", N_("patrol"), N_("Patrol.")),
    Key("desk.case", "5", "show_panel('case')", N_("case"), N_("Case.")),
    Key("desk.devices", "6", "show_panel('devices')", N_("devices"), N_("Sources, targets and troubled devices.")),
    Key("desk.intake", "7", "show_panel('intake')", N_("intake"), N_("What came in and is not sorted yet.")),
    Key("desk.warnings", "8", "show_panel('warnings')", N_("warnings"), N_("Early warnings to verify.")),
    Key("desk.shift", "S", "take_shift", N_("take shift"), N_("Take the running shift as duty officer.")),
    Key("desk.sources", "s", "sources", N_("sources"), N_("Connectors: state, age, what they refused.")),
    Key("desk.language", "L", "app.switch_language", N_("language"), N_("Chinese or English.")),
    Key("desk.quit", "q,ctrl+q,ctrl+c", "app.leave", N_("quit"), N_("Leave the desk."), 15),
    Key("table.down", "down,j", "step(1)", N_("down"), N_("One row down."), shown="j"),
    Key("table.up", "up,k", "step(-1)", N_("up"), N_("One row up."), shown="k"),
    Key("table.page_down", "pagedown,ctrl+d", "page(1)", N_("page down"), N_("One page down."), shown="PgDn"),
    Key("table.page_up", "pageup,ctrl+u", "page(-1)", N_("page up"), N_("One page up."), shown="PgUp"),
    Key("table.first", "home,g", "first", N_("first"), N_("First row."), shown="g"),
    Key("table.last", "end,G", "last", N_("last"), N_("Last row."), shown="G"),
    Key("table.choose", "enter", "choose", N_("open"), N_("Open the row."), 2, shown="Enter"),
    Key("grids.fold", "space", "fold", N_("fold"), N_("Unfold or fold the node."), 3, shown="Space"),
    Key("queue.filter", "t", "next_filter(1)", N_("filter"), N_("Open, undispatched, near, overdue, closed."), 9),
    Key("queue.filter_back", "T", "next_filter(-1)", N_("filter back"), N_("Filter the other way round.")),
    Key("case.dispatch", "d", "dispatch", N_("dispatch"), N_("Dispatch to a unit, the likeliest first."), 3,
        verb="dispatch"),
    Key("case.escalate", "e", "escalate", N_("escalate"), N_("Up the ladder, with a reason."), 4, verb="escalate"),
    Key("case.close", "c", "close_case", N_("close"), N_("Close with a result or proof."), 5, verb="close"),
    Key("case.verify", "v", "verify", N_("verify"), N_("Verify what the unit did: passed or not."), 5, verb="verify"),
    Key("case.urge", "u", "urge", N_("urge"), N_("Urge the unit; counted and journaled."), 6, verb="urge"),
    Key("case.record", "r", "record", N_("record"),
        N_("Write down what a unit said by telephone: accepted, returned, done."), 7, verb="accept,return,feedback"),
    Key("case.file", "f", "file", N_("file"), N_("File the case: category, grid, level."), 8, verb="file"),
    Key("case.reopen", "R", "reopen", N_("reopen"), N_("Reopen a closed case, with a reason."), 4, verb="reopen"),
    Key("case.more", "m", "more", N_("more"), N_("Every other move of this case: book, extend, merge, supervise, …"), 8,
        verb=FURTHER),
    Key("case.why", "w", "why", N_("why due"), N_("How the due time came about, line by line."), 9),
    Key("case.orders", "o", "orders", N_("orders"), N_("How far its orders came; send one again.")),
    Key("case.cameras", "i", "cameras", N_("cameras"), N_("The nearest cameras and how they stand.")),
    Key("case.judge", "y", "judge", N_("judge"), N_("Confirm or cancel a case that a device rule filed.")),
    Key("alerts.acknowledge", "a", "acknowledge", N_("acknowledge"), N_("Take note of the alert; it is signed."), 3),
    Key("alerts.everything", "t", "toggle_everything", N_("show all"), N_("Also acknowledged and cleared ones."), 9),
    Key("devices.read", "r", "read_refused", N_("refused"), N_("What this source sent that could not be read."), 3),
    Key("intake.file", "f", "sort('file')", N_("file"), N_("File it: it becomes a case."), 3),
    Key("intake.answer", "a", "sort('answer')", N_("answer"), N_("Answered at once: a consultation."), 4),
    Key("intake.hand_over", "o", "sort('hand_over')", N_("hand over"), N_("Hand over to a service or office."), 5),
    Key("intake.advise", "b", "sort('advise')", N_("advise"), N_("Not ours: say where to go."), 6),
    Key("intake.duplicate", "d", "sort('duplicate')", N_("duplicate"), N_("Join it to an open case."), 7),
    Key("intake.filter", "t", "next_which", N_("filter"), N_("Waiting, today, all."), 9),
    Key("warnings.assign", "a", "assign", N_("assign"), N_("Give it to the unit that verifies it."), 3),
    Key("warnings.verify", "v", "verify_warning", N_("verify"), N_("Enter what was found on the spot."), 4),
    Key("warnings.close", "c", "close_warning", N_("close"), N_("Close it with what was found."), 5),
    Key("page.down", "down,j", "step(1)", N_("down"), N_("One line down."), shown="j"),
    Key("page.up", "up,k", "step(-1)", N_("up"), N_("One line up."), shown="k"),
    Key("page.page_down", "pagedown,ctrl+d,space", "page(1)", N_("page down"), N_("One page down."), shown="PgDn"),
    Key("page.page_up", "pageup,ctrl+u", "page(-1)", N_("page up"), N_("One page up."), shown="PgUp"),
    Key("page.first", "home,g", "first", N_("first"), N_("To the top."), shown="g"),
    Key("page.last", "end,G", "last", N_("last"), N_("To the end."), shown="G"),
    Key("dialog.confirm", "enter", "confirm", N_("confirm"), N_("Take, or go on to the button."), 1, shown="Enter"),
    Key("dialog.cancel", "escape", "cancel", N_("cancel"), N_("Leave without doing anything."), 2, shown="Esc"),
    Key("dialog.next", "tab", "focus_on(1)", N_("next"), N_("Next field or button."), 3, shown="Tab"),
    Key("dialog.previous", "shift+tab", "focus_on(-1)", N_("previous"), N_("Previous field or button."),
        shown="S-Tab"),
    Key("bar.send", "enter", "confirm", N_("send"), N_("Carry out the line."), 1, shown="Enter"),
    Key("bar.cancel", "escape", "cancel", N_("cancel"), N_("Leave the command line."), 2, shown="Esc"),
    Key("bar.older", "up", "recall(-1)", N_("older"), N_("An earlier command."), 3, shown="Up"),
    Key("bar.newer", "down", "recall(1)", N_("newer"), N_("A later command."), shown="Down"),
    Key("help.close", "escape,q,question_mark,enter", "leave", N_("close#screen"), N_("Back to the desk."), 1,
        shown="Esc"),
    Key("trouble.again", "enter", "again", N_("open the desk"), N_("Open the desk again."), 1, shown="Enter"),
    Key("trouble.quit", "q,escape", "quit_now", N_("quit"), N_("Leave."), 2),
)  # fmt: skip

TOGETHER: tuple[tuple[str, ...], ...] = (
    ("app", "desk", "table", "grids", "case"),
    ("app", "desk", "table", "queue", "case"),
    ("app", "desk", "table", "alerts", "case"),
    ("app", "desk", "page", "case"),
    ("app", "desk", "table", "devices"),
    ("app", "desk", "table", "intake"),
    ("app", "desk", "table", "warnings"),
    ("app", "dialog"),
    ("app", "bar"),
    ("app", "page", "help"),
    ("app", "trouble"),
)
"""Areas that are live at the same time; inside each a key may stand only once, nearer areas first."""

OVERRIDES = {("grids", "desk")}
"""Pairs where the nearer area takes a key over on purpose."""


def area(*names: str) -> tuple[Key, ...]:
    return tuple(key for name in names for key in KEYS if key.area == name)


def bindings(*names: str) -> list[BindingType]:
    """Textual bindings of these areas; their words are never shown by Textual, so they need no translation."""
    return [
        Binding(key.keys, key.action, key.label, show=False, id=key.id, priority=key.priority) for key in area(*names)
    ]


def allowed(key: Key, moves: Iterable[str] | None) -> bool:
    """Whether the key's move is among `moves`; a key without a move always is."""
    return not key.verb or (moves is not None and bool(set(key.verb.split(",")) & set(moves)))


def footer(areas: Iterable[str], moves: Iterable[str] | None) -> list[Key]:
    """Keys of `areas` that work right now, the most needed first."""
    held = None if moves is None else frozenset(moves)
    live = [key for key in area(*areas) if key.rank and allowed(key, held)]
    return sorted(live, key=lambda key: key.rank)
