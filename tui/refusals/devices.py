"""What the register of devices, its windows and its auto-filed cases forbid (K16)."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "unknown_device": N_("There is no device {device}. griddesk device list shows them."),
    "which_device": N_("{device} is known to {sources}. Name it as SOURCE:KEY."),
    "device_known": N_("Device {device} is in the register already. Use griddesk device change."),
    "device_unregistered": N_("Device {device} is in quarantine. Register it first: griddesk device register."),
    "device_in_use": N_("{what} still hang on device {device}. End or close them first; a device with cases stays."),
    "device_field": N_("Field {field} of the device is not usable: {what}. Correct it."),
    "device_without_grid": N_(
        "Device {device} lies in no grid (grid {grid}, address {address}). Name a grid, a place inside one, "
        "or the key of a building."
    ),
    "device_in_two_grids": N_(
        "Device {device} lies in two grids, or in another than {grid}. Correct the place, or name the grid alone."
    ),
    "unknown_device_kind": N_("The profile has no kind of device {kind}. Known: {known}."),
    "unknown_place_kind": N_("The profile has no kind of place {kind}. Known: {known}."),
    "devices_refused": N_(
        "{file}: {count} lines cannot be used, the first is {line}. Nothing was entered: correct the file."
    ),
    "device_column": N_("{file}: no device has a column {column}. Known: {known}."),
    "person_column": N_(
        "{file}: column {column} names or shows a person, a face or a plate. No device keeps that: take the column out."
    ),
    "unknown_window_kind": N_("{kind} is no kind of window. Known: {known}."),
    "window_for_nothing": N_("The window is for nothing. Name a device, a kind, a source or a node."),
    "window_over": N_("The window would end at {ends}, before it begins. Give a time that is still to come."),
    "unknown_window": N_("There is no window {window}. griddesk device windows shows them."),
    "not_auto_filed": N_("Case {case} waits for no verdict: no rule of a device filed it. Handle it as any other."),
    "auto_filing_judged": N_("Case {case} is judged already ({verdict}, {officer}). Handle it as any other."),
    "cancel_too_late": N_("{unit} has taken case {case} already. Ask for feedback and close it as any other."),
}
