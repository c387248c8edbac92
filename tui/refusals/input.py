"""What cannot be read, and where."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "order_empty": N_("The line is empty. Type e.g. D.P3.1042, or Esc to leave."),
    "order_unknown": N_("{word} is no command. Known: {known}, or a case number."),
    "order_form": N_("Something is missing. The form is {expected}."),
    "order_alert": N_("{alert} is no alert number. The form is A.alert."),
    "bad_csv": N_("{file}, line {line}: this is not CSV ({expected}). Correct the line and read it again."),
    "bad_field": N_("{field} cannot be {value}. Write it as {expected}."),
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
