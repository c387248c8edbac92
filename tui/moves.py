"""Every move as a person makes it: its help, and what each of its fields asks for, in the order asked.

The shell (`griddesk case VERB`) and the desk's list of further moves are made from this one table; kinds and defaults
of the fields stand in `store.rules.commands`.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui.language import N_


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a command under the same name; `option` where the shell's word differs."""

    name: str
    help: str
    option: str = ""
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """The option of the shell without its dashes."""
        return self.option or self.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Words:
    """A verb of the rules with its help and its fields."""

    verb: str
    help: str
    fields: tuple[Asked, ...]

    @property
    def name(self) -> str:
        """The verb as the shell writes it."""
        return self.verb.replace("_", "-")


OUTCOMES = ("done", "on_the_spot", "advised", "void", "source")
TIME_UNITS = ("minute", "hour", "working_hour", "day", "working_day", "month")
WAYS = ("telephone", "paper", "query_code")

NOTE = Asked("note", N_("a remark for the journal"))
PICTURE = Asked("proof", N_("path or address of the after-picture"))

MOVES: tuple[Words, ...] = (
    Words("file", N_("open the case in form: category, grid, level"), (
        Asked("category", N_("the category")),
        Asked("grid", N_("the grid (a leaf)")),
        Asked("level", N_("the level, 1 is the gravest")),
        NOTE,
    )),
    Words("dispatch", N_("give the case to a unit"), (
        Asked("unit", N_("the unit (griddesk case units CASE proposes some)")), NOTE,
    )),
    Words("accept", N_("the unit takes the case"), (NOTE,)),
    Words("return", N_("the unit gives the case back: not its duty"), (
        Asked("reason", N_("why it is not this unit's")),
    )),
    Words("feedback", N_("the unit says what it did"), (Asked("result", N_("what was done")), PICTURE)),
    Words("verify", N_("say whether the result stands; never by who handled it"), (
        Asked("passed", N_("the result stands")),
        Asked("reason", N_("why it failed")),
        Asked("finding", N_("one of the profile's findings")),
    )),
    Words("close", N_("close the case; needs a written result or an after-picture"), (
        Asked("result", N_("the written result")),
        PICTURE,
        Asked("outcome", N_("how it ended (done)"), choices=OUTCOMES),
    )),
    Words("reopen", N_("open a closed case again under the same number"), (
        Asked("reason", N_("why it is open again")),
    )),
    Words("escalate", N_("pass the case up the ladder"), (
        Asked("reason", N_("why it must go up")), Asked("level", N_("raise the level too")),
    )),
    Words("urge", N_("remind the unit"), (
        NOTE, Asked("by_reporter", N_("the reporter urges with the query code; counted once a day")),
    )),
    Words("evaluate", N_("give stars to a closed case"), (Asked("stars", N_("1 to 5")),)),
    Words("advance", N_("make a move that only this profile knows"), (
        Asked("move", N_("the id of the move (griddesk case show CASE lists them)")),
        Asked("result", N_("the written result")),
        PICTURE,
        NOTE,
    )),
    Words("sign", N_("sign for a move that waits for signatures"), (
        Asked("move", N_("the id of the guarded move")), Asked("signer", N_("who signs, as the gate names him")), NOTE,
    )),
    Words("book", N_("book the case: it cannot be solved at once"), (
        Asked("reason", N_("why it cannot be solved at once")),
        Asked("holder", N_("who holds it meanwhile")),
        Asked("review_on", N_("the day it is looked at again, e.g. 2026-03-31"), "review"),
        Asked("stop_clock", N_("the close clock stands still; only a supervisor may say so")),
    )),
    Words("merge", N_("merge the case into another: the same matter reported twice"), (
        Asked("into", N_("the case that stays, by id or full number")),
        Asked("reason", N_("why it is the same matter")),
    )),
    Words("gap", N_("accept with gaps: what is missing, and until when it must come"), (
        Asked("items", N_("what is missing; several with commas")),
        Asked("until", N_("the day it must be there, e.g. 2026-03-31")),
    )),
    Words("supply", N_("a missing item has come"), (Asked("item", N_("the item that came")), NOTE)),
    Words("extend", N_("put a due time off; asked before it, granted by the centre"), (
        Asked("amount", N_("how much longer")),
        Asked("unit", N_("counted in"), choices=TIME_UNITS),
        Asked("reason", N_("why it takes longer")),
        Asked("clock", N_("which clock (close)")),
    )),
    Words("pause", N_("let a clock stand still"), (
        Asked("clock", N_("which clock")), Asked("reason", N_("why it stands still")),
    )),
    Words("resume", N_("let a clock run on"), (
        Asked("clock", N_("which clock")), Asked("reason", N_("why it runs on")),
    )),
    Words("mark", N_("set a mark; lowering one needs a reason"), (
        Asked("scheme", N_("the scheme; level is the response level itself")),
        Asked("level", N_("the level of the scheme")),
        Asked("reason", N_("why the mark changes")),
    )),
    Words("note", N_("note facts that the rules look at: amount, head count, …"), (
        Asked("facts", N_("a fact, e.g. amount=100000; repeat"), "fact"),
        NOTE,
        Asked("occurred_at", N_("when it happened, e.g. 2026-03-01T22:30"), "occurred"),
    )),
    Words("send_down", N_("hand the case down a tier with an instruction"), (
        Asked("instruction", N_("what the lower tier shall do")), Asked("tier", N_("the tier (the next one down)")),
    )),
    Words("supervise", N_("order supervision: an own limit, and a duty to answer"), (
        Asked("text", N_("what must be done")),
        Asked("amount", N_("limit, else the profile's")),
        Asked("unit", N_("counted in"), choices=TIME_UNITS),
        Asked("by_units", N_("units that supervise too, with commas"), "by"),
    )),
    Words("answer", N_("answer a supervision order"), (
        Asked("number", N_("number of the order on this case")), Asked("text", N_("the answer")),
    )),
    Words("send_report", N_("a mandatory report went out"), (
        Asked("number", N_("number of the report on this case")),
        Asked("text", N_("time, place, what, size, done, needed")),
    )),
    Words("acknowledge_report", N_("the recipient has the mandatory report"), (
        Asked("number", N_("number of the report on this case")), Asked("by", N_("who acknowledged it")),
    )),
    Words("breach", N_("record a failure to report, to pass on or to act"), (
        Asked("kind", N_("what was not done")), Asked("who", N_("unit or post that failed")), NOTE,
    )),
    Words("call", N_("call further units to the case; the lead stays"), (
        Asked("members", N_("UNIT[:required|as_needed[:TASK[:MINUTES]]]; repeat"), "member"),
    )),
    Words("plan", N_("start a plan: all its orders at once"), (
        Asked("plan", N_("the plan (griddesk profile show lists them)")),
        Asked("drill", N_("only a drill: never counted")),
    )),
    Words("lead", N_("name another lead unit"), (
        Asked("unit", N_("the new lead")), Asked("reason", N_("why it leads")),
    )),
    Words("answer_call", N_("a called unit accepts, arrives, feeds back, or finds the scene safe"), (
        Asked("unit", N_("the called unit")), Asked("state", N_("what it says")), Asked("text", N_("in its words")),
    )),
    Words("release", N_("release a unit, or without one the whole scene"), (
        Asked("unit", N_("the unit; without one the whole scene")),
    )),
    Words("meet", N_("record a joint meeting on a hard case"), (
        Asked("units", N_("who took part, with commas")),
        Asked("decision", N_("what was decided")),
        Asked("who", N_("who does it")),
        Asked("by_date", N_("by when, e.g. 2026-03-31"), "by"),
    )),
    Words("visit", N_("enter the outcome of a return visit"), (
        Asked("answer", N_("what the reporter says")),
        Asked("stars", N_("1 to 5")),
        NOTE,
        Asked("way", N_("how he was asked (telephone)"), choices=WAYS),
    )),
)  # fmt: skip

BY_VERB = {words.verb: words for words in MOVES}
