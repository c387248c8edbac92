"""Every refusal of the store as a sentence: what went wrong, and what to do next."""

from __future__ import annotations

from typing import Any

from store.errors import GriddeskError
from store.profiles.model import Profile
from tui import wording
from tui.language import N_, tr
from tui.text import safe

RULES: dict[str, str] = {
    "no_such_move": N_("{verb} is not possible at step {step}. See the next moves of the case."),
    "no_power": N_("{officer} may not {verb}: the power {power} is missing. Ask an officer who holds it."),
    "nobody_here": N_("Nobody acts at this desk: it only shows. Open it with --as OFFICER."),
    "field_missing": N_("{verb} needs: {field}. Fill it in and try again."),
    "no_proof": N_("Closing needs a written result or an after-picture. Enter one of them."),
    "not_your_order": N_("The case is not with {unit} but with {holder}. Look at the case again."),
    "verifier_is_handler": N_("{officer} handled this case and may not verify it. Another officer must."),
    "verifier_of_handling_unit": N_(
        "{officer} belongs to {unit}, which handled the case. An officer of another unit must verify."
    ),
    "verifier_not_third_side": N_("{unit} found and handled the case, so {officer} may not verify. A third side must."),
    "unknown_unit": N_("There is no unit {unit}. Choose one from the list (griddesk unit list)."),
    "unknown_grid": N_("There is no grid {grid}. Choose one from the tree (griddesk grid list)."),
    "unknown_level": N_("There is no level {level}. Use one of the profile."),
    "unknown_category": N_("There is no category {category}. griddesk profile show lists them."),
    "unknown_outcome": N_("{outcome} is no outcome. Use done, on_the_spot, advised or void."),
    "unknown_role": N_("There is no role {role}. Known: {known}."),
    "returned_already": N_("The unit returned this case already ({returns}). Dispatch it or escalate it."),
    "at_top": N_("The case is already at the top of the ladder. Urge the unit, or close it with a result."),
    "level_lowered": N_("Escalating may not lower the level. Keep level {held} or choose a graver one."),
    "not_verified": N_("The case is not verified yet. Verify it first."),
    "stars_out_of_range": N_("Stars go from 1 to 5. Enter one of these."),
    "unknown_case": N_("There is no case {case}. Search for it with / or check the number."),
    "unknown_officer": N_("There is no officer {officer}. Add him (griddesk officer add) or use --as."),
    "unknown_alert": N_("There is no alert {alert}. It may have cleared: look at the list again."),
    "alert_cleared": N_("Alert {alert} has cleared by itself. There is nothing to acknowledge."),
    "case_changed": N_("Case {case} was changed by someone else ({found}). Look at what changed, then decide."),
    "code_taken": N_("The code {grid} is taken by a node of the store's own. Use another code."),
    "cycle": N_("The tree would go round in a circle at {grid}. Check its parent."),
    "no_clock": N_("The case has no such clock. It has met all, or never had one."),
    "rule_gone": N_("Rule {rule} is no longer in the profile. The due time stands, its sum cannot be told."),
}
"""What a rule forbids or does not know."""

STORE: dict[str, str] = {
    "store_exists": N_("A store is already at {path}. Open it, or choose another place."),
    "store_missing": N_("There is no store at {path}. Make one with griddesk init, or see griddesk demo."),
    "store_busy": N_("The store is busy: others are writing. Try again."),
    "store_full": N_("The disk of the store is full. Nothing was changed; make room and try again."),
    "store_read_only": N_("The store can only be read. Check who owns the file and the medium."),
    "store_gone": N_("The store cannot be opened. Check the folder and who may use it."),
    "store_moved": N_("The store was moved or replaced while it was open ({path}). Open it again."),
    "store_slow": N_("The store did not answer in time. Try again."),
    "store_io": N_("The disk of the store reports an error. Check the disk; take the store from a backup if need be."),
    "store_damaged": N_("What lies there is no store, or it is damaged. Keep the file and take a backup into use."),
    "store_failed": N_("The store failed ({error}). Nothing was changed; try again."),
    "store_too_new": N_("A newer Griddesk made this store ({found}; this one knows {known}). Update Griddesk."),
    "store_engine_unknown": N_("This release keeps stores in files; it cannot open {engine}. Give a path."),
    "now_on_real_store": N_("Only a drill store has a clock that can be set. Leave out --now."),
    "unknown_profile": N_("There is no profile {profile}. Known: {known}."),
    "unknown_timezone": N_("There is no time zone {timezone}. Write it like Asia/Shanghai."),
    "defect": N_("Something failed inside ({error}). Nothing was changed; the log has it under {reference}."),
}
"""Why the store cannot be had."""

INPUT: dict[str, str] = {
    "order_empty": N_("The line is empty. Type e.g. D.P3.1042, or Esc to leave."),
    "order_unknown": N_("{word} is no command. Known: {known}, or a case number."),
    "order_form": N_("Something is missing. The form is {expected}."),
    "order_alert": N_("{alert} is no alert number. The form is A.alert."),
    "bad_csv": N_("{file}, line {line}: this is not CSV ({expected}). Correct the line and read it again."),
    "bad_map": N_("The map cannot be used. {key}: {expected}."),
    "bad_name": N_("{key} is no name for a source. Use {expected}."),
    "bad_value": N_("The value of {key} cannot be used. Expected: {expected}."),
    "bad_xlsx": N_("{file}, line {line}: the workbook cannot be read ({expected}). Save it anew as XLSX or CSV."),
    "column_twice": N_("{file}: the column {column} stands there twice. Rename one of them."),
    "columns_missing": N_("{file} lacks columns of the map: {missing}. Use another map, or correct it."),
    "file_empty": N_("{file} is empty. Nothing was read; export it again."),
    "file_changing": N_("{file} is still being written. Try again when it is whole."),
    "file_too_large": N_("{file} is too large. Expected: {expected}."),
    "file_unreadable": N_("{file} cannot be read ({expected}). Check the path and who may read it."),
    "interrupted": N_("Reading {file} was interrupted. Read it again: what is in is not entered twice."),
    "line_too_long": N_("{file}, line {line} is too long. Expected: {expected}."),
    "missing_key": N_("{key} is missing. Expected: {expected}."),
    "not_a_table": N_("{key} is no table. Write it as {expected}."),
    "not_geojson": N_("Line {line}, column {column}: this is not GeoJSON. Expected: {expected}."),
    "not_json": N_("{file}, line {line}: this is not JSON. Expected: {expected}."),
    "no_code_field": N_("No property holds a code for every area. Name one with --code: {known}."),
    "path_taken": N_("The path is taken by another source. Expected: {expected}."),
    "profile_invalid": N_("{file}, line {line}: {key} is {found}. Expected: {expected}."),
    "sheet_missing": N_("{file} has no sheet {expected}. It has: {found}."),
    "too_many_rows": N_("{file} has too many rows. Expected: {expected}."),
    "unknown_calendar": N_("There is no calendar {calendar}. Add its file, or name another one."),
    "unknown_encoding": N_("{file}: the encoding is not known. Save it as one of: {expected}."),
    "unknown_field": N_("There is no property {field}. Known: {known}."),
    "unknown_format": N_("{file}: the kind of file is not known. Expected: {expected}."),
    "unknown_key": N_("The key {key} is not known. Expected: {expected}."),
    "unknown_kind": N_("The kind of source is not known. Expected: {expected}."),
    "unknown_map": N_("There is no map {file}. Known: {expected}."),
    "wrong_crs": N_("The reference system {found} cannot be read. Expected: {expected}."),
    "xlsx_missing": N_("Reading {file} needs another package. Install it: {expected}."),
}
"""What cannot be read, and where."""

SENTENCES: dict[str, str] = RULES | STORE | INPUT

FALLBACK = N_("Not done: {code} ({fields}). Nothing was changed; report this code if it comes again.")
BARE = N_("Not done: {code}. Nothing was changed; report this code if it comes again.")


def sentence(error: GriddeskError, profile: Profile | None = None) -> str:
    """The sentence for `error` in the chosen language; `profile` turns step and unit codes into names."""
    known = SENTENCES.get(error.code)
    if known is None:
        fields = ", ".join(f"{name}={value}" for name, value in error.fields.items())
        return tr(FALLBACK, code=error.code, fields=fields) if fields else tr(BARE, code=error.code)
    return tr(known, **_worded(dict(error.fields), profile))


def _worded(fields: dict[str, Any], profile: Profile | None) -> dict[str, Any]:
    for name, value in fields.items():
        if isinstance(value, list | tuple):
            fields[name] = ", ".join(str(item) for item in value)
    if "verb" in fields:
        fields["verb"] = wording.verb(str(fields["verb"]))
    if "field" in fields:
        fields["field"] = wording.field(str(fields["field"]))
    if profile is not None and "step" in fields:
        steps = [step for workflow in profile.workflows for step in workflow.steps if step.id == fields["step"]]
        fields["step"] = steps[0].label if steps else safe(str(fields["step"]))
    return fields
