"""What extension, deferral, seasons and calendars forbid (K05, K06)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "extension_too_late": N_(
        "Clock {clock} ran out at {due}: an extension must be asked for before. "
        "Handle the case; it stays marked as late."
    ),
    "extension_used_up": N_(
        "Clock {clock} was extended {allowed} times already; the profile allows no more. Handle it now."
    ),
    "extension_own_unit": N_(
        "{officer} belongs to {unit}, which handles the case. Ask the dispatcher's side to extend it."
    ),
    "no_such_clock": N_("The case has no running clock {clock}. Running: {known}."),
    "clock_paused": N_("Clock {clock} stands still already. Resume it first."),
    "clock_not_paused": N_("Clock {clock} does not stand still. There is nothing to resume."),
    "pause_too_late": N_("Clock {clock} ran out at {due}: it can no longer be paused. Handle the case."),
    "unknown_time_unit": N_("{unit} is no unit of time that can be added. Use one of {known}."),
    "amount_out_of_range": N_("{amount} cannot be added. Use a whole number from 1 to {most}."),
    "unknown_mode": N_("The profile has no mode {mode}. Known: {known}."),
    "mode_end_passed": N_("Mode {mode} would end before it starts. Give a time that is still to come."),
    "mode_on": N_("Mode {mode} is on there already. Stop it first (griddesk mode stop), or choose other nodes."),
    "mode_off": N_("Mode {mode} is not on. griddesk mode list shows which are."),
    "unknown_clock": N_("The profile has no clock {clock}. Known: {known}."),
}
