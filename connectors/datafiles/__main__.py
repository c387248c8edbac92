"""`python -m connectors.datafiles FILE --map NAME --store URL`: one file of batch data, the outcome as a JSON line."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from connectors.datafiles.maps import DataMap, load_map
from connectors.datafiles.taking import note_refused, take_file
from connectors.door import Door
from connectors.log import to_stderr
from connectors.orderfiles.importing import FileChanged
from store.errors import BadInput, GriddeskError
from store.intake import Intake


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 taken or known, 1 refused, 2 wrong input, 3 no store."""
    parser = argparse.ArgumentParser(prog="python -m connectors.datafiles")
    parser.add_argument("file")
    parser.add_argument("--map", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--by", default="", help="code of the officer who hands it in")
    given = parser.parse_args(arguments)
    to_stderr()
    door: Door | None = None
    try:
        data_map = load_map(given.map)
        door = Door(lambda: Intake.open(given.store))
        return asyncio.run(_take(Path(given.file), given, door, data_map))
    except GriddeskError as error:
        return _say({"error": {"code": error.code, "fields": dict(error.fields)}}, error.exit_status)
    except FileChanged as error:
        return _say({"error": {"code": "file_changing", "fields": {"file": str(error)}}}, 2)
    finally:
        if door is not None:
            door.close()


async def _take(path: Path, given: argparse.Namespace, door: Door, data_map: DataMap) -> int:
    timezone = await door.ask(lambda intake: intake.timezone())
    try:
        done = await take_file(path, data_map, door, timezone, given.by)
    except BadInput as error:
        await note_refused(path, data_map, door, error)
        raise
    counts = {name: getattr(done.receipt, name) for name in ("new", "updated", "unchanged", "located", "unplaced")}
    file = done.file
    about = {"feed": file.feed, "day": file.day.isoformat(), "source": file.source, "sha256": file.sha256}
    return _say({"done": {**about, "rows": len(file.rows), **counts}}, 0)


def _say(document: object, status: int) -> int:
    print(json.dumps(document, ensure_ascii=True, default=str), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
