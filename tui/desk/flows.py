"""What a key leads to: ask what is missing, act through the gateway, say in one line what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.errors import Conflict, GriddeskError, Refused
from store.rules.commands import (
    Accept,
    Close,
    Command,
    Dispatch,
    Escalate,
    Feedback,
    File,
    Lead,
    Reopen,
    Return,
    Urge,
    Verify,
)
from store.views.alerts import AlertRow
from store.views.case import CaseView
from tui import refusals, wording
from tui.desk import asking, further
from tui.desk.gateway import Gateway, new_request
from tui.desk.state import DeskState, Notice
from tui.language import tr

if TYPE_CHECKING:
    from textual.app import App


class Flows:
    """Each method is one action from key to notice; it runs in a worker and never raises `GriddeskError`."""

    def __init__(self, app: App[int], gateway: Gateway, state: DeskState, refresh: Callable[[], None]) -> None:
        self._gateway, self._state, self._refresh = gateway, state, refresh
        self._ask = asking.Asking(app, gateway, state)
        self._further = further.Further(app, gateway, state)

    def say(self, text: str, *, good: bool = True) -> None:
        self._state.notice = Notice(text, good)
        self._state.publish("notice")

    def refuse(self, error: GriddeskError) -> None:
        self.say(refusals.sentence(error, self._gateway.profile), good=False)

    # --- moves of a case ------------------------------------------------------------------------

    async def move(self, verb: str, case_id: int) -> None:
        """One move by key: asks for what it needs."""
        try:
            view = await self._seen(case_id)
            if verb == "record":
                verb = await self._ask.which_answer(view) or ""
            elif verb not in view.moves:
                raise Refused("no_such_move", verb=verb, step=view.row.step_id)
            command = await self._command(verb, view) if verb else None
            if command is not None:
                await self._submit(view, command)
        except GriddeskError as error:
            self.refuse(error)

    async def more(self, case_id: int) -> None:
        """A move without a key of its own, chosen from the list of those that the case allows."""
        try:
            view = await self._seen(case_id)
            if not further.offers(view):
                self.say(tr("No other move is open to you here."), good=False)
                return
            offer = await self._further.which(view)
            command = await self._further.command(view, offer) if offer else None
            if command is not None:
                await self._submit(view, command)
        except GriddeskError as error:
            self.refuse(error)

    async def _seen(self, case_id: int) -> CaseView:
        """The case as the user sees it: its version is what he decides on."""
        held = self._state.case
        if held is not None and held.row.id == case_id:
            return held
        return await self._gateway.case(case_id)

    async def _command(self, verb: str, view: CaseView) -> Command | None:
        ask = self._ask
        match verb:
            case "dispatch":
                unit = await ask.unit(view)
                return Dispatch(unit) if unit else None
            case "file":
                return await ask.filing(view)
            case "accept":
                return Accept()
            case "return":
                reason = await ask.reason(view, "return")
                return Return(reason) if reason else None
            case "feedback":
                said = await ask.result(view)
                return Feedback(said["result"], said["proof"]) if said else None
            case "verify":
                return await ask.verification(view)
            case "close":
                said = await ask.closing(view)
                return Close(said["result"], said["proof"], said["outcome"]) if said else None
            case "reopen":
                reason = await ask.reason(view, "reopen")
                return Reopen(reason) if reason else None
            case "escalate":
                said = await ask.escalation(view)
                return Escalate(said["reason"], int(said["level"]) if said["level"] else None) if said else None
            case "urge":
                return Urge()
            case _:
                raise Refused("no_such_move", verb=verb, step=view.row.step_id)

    async def _submit(self, view: CaseView, command: Command) -> bool:
        """Send one move; on a conflict show what changed and let the user decide again."""
        case_id, expected = view.row.id, view.row.version
        while True:
            try:
                with self._typing(case_id, command):
                    await self._gateway.move(case_id, command, expected, new_request())
            except Conflict:
                fresh = await self._gateway.case(case_id)
                self._state.case = fresh if self._state.case_id == case_id else self._state.case
                self._state.publish("case")
                if not await self._ask.redo(fresh, expected, command.verb):
                    self.say(tr("{case} left as it is.", case=case_id))
                    return False
                expected = fresh.row.version
                continue
            self._forget_drafts(f"{command.verb}.{case_id}")
            self.say(self._done(case_id, command))
            self._refresh()
            return True

    @contextmanager
    def _typing(self, case_id: int, command: Command) -> Iterator[None]:
        """An order is shown as typed until the store has it (or says why not)."""
        if not isinstance(command, Dispatch | Lead):
            yield
            return
        self._state.typed = (case_id, command.unit)
        self._state.publish("case")
        try:
            yield
        finally:
            self._state.typed = None
            self._state.publish("case")

    def _done(self, case_id: int, command: Command) -> str:
        if isinstance(command, Dispatch):
            return tr("{case} dispatched to {unit}.", case=case_id, unit=command.unit)
        if isinstance(command, Verify) and not command.passed:
            return tr("{case} sent back to the unit.", case=case_id)
        return tr("{case}: {verb} done.", case=case_id, verb=wording.verb(command.verb))

    def _forget_drafts(self, prefix: str) -> None:
        for name in [name for name in self._state.drafts if name.startswith(prefix + ".")]:
            del self._state.drafts[name]

    # --- from the command line ------------------------------------------------------------------

    async def direct(self, case_id: int, command: Command) -> bool:
        """A move typed whole; irreversible ones ask once."""
        try:
            view = await self._seen(case_id)
            if isinstance(command, Close | Escalate) and not await self._ask.sure(view, command):
                return False
            return await self._submit(view, command)
        except GriddeskError as error:
            self.refuse(error)
            return False

    async def filed(self, case_id: int) -> None:
        """`F.case`: category, grid and level are asked for."""
        await self.move("file", case_id)

    # --- everything else ------------------------------------------------------------------------

    async def acknowledge(self, alert_id: int) -> bool:
        try:
            await self._gateway.acknowledge(alert_id, new_request())
        except GriddeskError as error:
            self.refuse(error)
            return False
        self.say(tr("Alert {alert} acknowledged.", alert=alert_id))
        self._refresh()
        return True

    async def report(self, grid_code: str, alert: AlertRow | None) -> int | None:
        """A report by hand; gives back the new case's id."""
        said = await self._ask.new_report(grid_code, alert)
        if said is None:
            return None
        try:
            case_id = await self._gateway.report(
                new_request(),
                title=said["title"],
                text=said["text"],
                grid=said["grid"] or None,
                address=said["address"],
                alert_id=alert.id if alert else None,
            )
        except GriddeskError as error:
            self.refuse(error)
            return None
        self._forget_drafts("report")
        self.say(tr("{case} reported.", case=case_id))
        self._refresh()
        return case_id

    async def take_shift(self) -> None:
        try:
            await self._gateway.take_shift(new_request())
        except GriddeskError as error:
            self.refuse(error)
            return
        self.say(tr("You have the shift."))
        self._refresh()

    async def why(self, case_id: int) -> None:
        try:
            await self._ask.show_why(case_id, await self._gateway.why(case_id))
        except GriddeskError as error:
            self.refuse(error)

    async def sources(self) -> None:
        await self._ask.show_sources()


__all__ = ["File", "Flows"]
