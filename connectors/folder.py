"""A watched folder: files that have stopped growing, and where they go afterwards.

The watcher is a hint that something changed; the scan is the truth (network shares send no hints).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import stat
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from connectors.base import Retry
from connectors.text import visible

IGNORED_ENDS = (".part", ".tmp", ".crdownload", ".filepart", ".swp", ".reason.txt")
IGNORED_STARTS = (".", "~$")
DONE, SET_ASIDE = "done", "set-aside"
NAME_BYTES = 200
"""Bytes of a file's name that are kept when it is moved, so that an added ending fits."""

log = logging.getLogger("connectors.folder")

Shape = tuple[int, int]
"""Size and time of change."""


@dataclass(slots=True)
class _Candidate:
    shape: Shape
    still_since: float


class Folder:
    """The files at the top of `path`; subfolders, links and names of unfinished files are left alone."""

    def __init__(
        self,
        path: Path,
        *,
        settle: float = 2.0,
        empty_after: float = 60.0,
        marker: str = "",
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """A file is ready when size and time of change stood still for `settle` seconds, an empty one for longer.

        `marker` is a file that lies here while a share is mounted: an empty mount point is not an empty folder.
        """
        self.path = path
        self._settle = settle
        self._empty_after = max(empty_after, settle)
        self._marker = marker
        self._steady = steady
        self._seen: dict[Path, _Candidate] = {}
        self._handled: dict[Path, Shape] = {}

    def scan(self) -> tuple[list[Path], bool]:
        """Files that are ready, oldest first, and whether others are being waited for. Blocks; raises `Retry`."""
        found = self._found()
        self._handled = {path: shape for path, shape in self._handled.items() if found.get(path) == shape}
        waiting = {path: shape for path, shape in found.items() if path not in self._handled}
        now = self._steady()
        self._seen = {path: self._candidate(path, shape, now) for path, shape in waiting.items()}
        ready = [path for path, seen in self._seen.items() if self._is_ready(seen, now)]
        return sorted(ready, key=lambda path: (waiting[path][1], path.name)), len(ready) < len(waiting)

    def waiting(self) -> int:
        """Files that lie here, ready or not; blocks, raises `Retry`."""
        return len(self._found())

    def _found(self) -> dict[Path, Shape]:
        found: dict[Path, Shape] = {}
        marked = not self._marker
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if entry.name == self._marker:
                        marked = True
                        continue
                    shape = _shape(entry)
                    if shape is not None:
                        found[Path(entry.path)] = shape
        except OSError as error:
            self._seen.clear()
            raise Retry(f"folder_gone: {error.strerror or 'not readable'}") from None
        if not marked:
            self._seen.clear()
            raise Retry("share_not_mounted")
        return found

    def _candidate(self, path: Path, shape: Shape, now: float) -> _Candidate:
        seen = self._seen.get(path)
        return seen if seen is not None and seen.shape == shape else _Candidate(shape, now)

    def _is_ready(self, seen: _Candidate, now: float) -> bool:
        return now - seen.still_since >= (self._settle if seen.shape[0] else self._empty_after)

    def finish(self, path: Path, reason: str = "") -> bool:
        """Move a file that was read to `done/`; `reason` becomes NAME.reason.txt beside it. Blocks."""
        return self._move(path, DONE, reason)

    def set_aside(self, path: Path, reason: str) -> bool:
        """Move a file that could not be used to `set-aside/`, with its reason. Blocks."""
        return self._move(path, SET_ASIDE, reason)

    def _move(self, path: Path, where: str, reason: str) -> bool:
        """Never overwrites. False when the file cannot be moved: it is then left and not offered again as it is."""
        target = self.path / where
        try:
            shape = _times(path.stat())
            target.mkdir(exist_ok=True)
            moved = _place(path, target)
            if reason:
                _write_beside(moved, reason)
        except OSError as error:
            with contextlib.suppress(OSError, UnboundLocalError):
                self._handled[path] = shape
            log.warning("%s could not be moved to %s: %s", visible(path.name), where, error.strerror)
            return False
        finally:
            self._seen.pop(path, None)
        return True

    async def changes(
        self,
        wake: asyncio.Event,
        *,
        force_polling: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Set `wake` whenever the system says that something changed here; runs until cancelled, never fails."""
        while True:
            try:
                async for _ in watchfiles.awatch(
                    self.path, recursive=False, force_polling=force_polling, watch_filter=None, debounce=200, step=50
                ):
                    wake.set()
            except Exception as error:
                log.debug("no hints from %s: %s", self.path, type(error).__name__)
            await sleep(30.0)


def _shape(entry: os.DirEntry[str]) -> Shape | None:
    """Of a file that may be taken; None for all else, and for one that vanished while we looked."""
    name = entry.name.lower()
    if name.startswith(IGNORED_STARTS) or name.endswith(IGNORED_ENDS):
        return None
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return _times(status) if stat.S_ISREG(status.st_mode) else None


def _times(status: os.stat_result) -> Shape:
    return status.st_size, status.st_mtime_ns


def _short(name: str) -> tuple[str, str]:
    """A name's stem and ending, safe to print, short enough for an ending of ours."""
    safe = visible(name).replace("/", "_")
    stem, dot, ending = safe.rpartition(".")
    if not stem or len(ending) > 12:
        stem, dot, ending = safe, "", ""
    room = NAME_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore"), dot + ending


def _place(path: Path, target: Path) -> Path:
    """Move without overwriting: a hard link fails where the name is taken; file systems without links are asked."""
    stem, ending = _short(path.name)
    for number in range(10_000):
        to = target / (f"{stem}{ending}" if number == 0 else f"{stem}-{number}{ending}")
        try:
            os.link(path, to, follow_symlinks=False)
        except FileExistsError:
            continue
        except (PermissionError, NotImplementedError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            if to.exists():
                continue
            return path.rename(to)
        path.unlink()
        return to
    raise FileExistsError(f"no free name for {stem} in {target}")


def _write_beside(moved: Path, reason: str) -> None:
    for number in range(10_000):
        ending = ".reason.txt" if number == 0 else f"-{number}.reason.txt"
        try:
            with moved.with_name(moved.name + ending).open("x", encoding="utf-8") as file:
                file.write(reason)
                return
        except FileExistsError:
            continue
