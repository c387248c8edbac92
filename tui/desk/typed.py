"""Carries out one line of the command bar; what is still missing is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import GriddeskError
from store.rules.commands import Close, Command, Dispatch, Escalate, Reopen, Urge, Verify
from tui.desk.orders import Order

if TYPE_CHECKING:
    from tui.desk.app import DeskApp
    from tui.desk.screens.main import DeskScreen

VERBS = {"E": "escalate", "C": "close", "R": "reopen", "F": "file", "D": "dispatch", "U": "urge", "V": "verify"}


async def carry_out(order: Order, app: DeskApp, screen: DeskScreen) -> None:
    """The bar closes when the order is done or goes on in a dialog; refused, it stays open."""
    if order.letter == "A":
        if await app.flows.acknowledge(int(order.target)):
            screen.leave_bar()
        return
    try:
        case_id = await app.gateway.find(order.target)
    except GriddeskError as error:
        app.flows.refuse(error)
        return
    command = whole(order)
    if command is not None:
        if await app.flows.direct(case_id, command):
            screen.leave_bar()
        return
    screen.leave_bar()
    if order.letter is None:
        screen.open_case(case_id)
    else:
        await app.flows.move(VERBS[order.letter], case_id)


def whole(order: Order) -> Command | None:
    """The whole command, or None when something is still to be asked."""
    match order.letter:
        case "D":
            return Dispatch(order.unit, order.text)
        case "U":
            return Urge(order.text)
        case "V":
            return Verify(True)
        case "E" if order.text:
            return Escalate(order.text)
        case "C" if order.text:
            return Close(order.text)
        case "R" if order.text:
            return Reopen(order.text)
        case _:
            return None
