"""Programs from Debian as counterparts of tests: the machine's own, else unpacked beside the repository's tools.

`needed("prometheus-alertmanager", "prometheus-alertmanager")` gives a program that can be started, or skips the test;
the summary of the run says which programs ran, and why others did not.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / ".tools" / "debian"
"""Where packages are unpacked, one folder a package; git ignores it."""
PLACES = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/libexec")
SECONDS = 120

ran: dict[str, str] = {}
"""Program → where tests of this run found it, or why they did not."""


@dataclass(frozen=True)
class Tool:
    """A program that can be started."""

    path: Path
    where: str
    libraries: tuple[Path, ...] = ()
    """Folders of shared libraries that came with it; empty for a program of the machine."""
    root: Path | None = None
    """Where its package was unpacked; None for a program of the machine."""

    def command(self) -> list[str]:
        """How to start it so that it finds `/usr/share` of its own package: in a mount namespace of its own."""
        if self.root is None or not (self.root / "usr/share").is_dir():
            return [str(self.path)]
        mounted = 'mount --bind "$0" /usr/share && exec "$@"'
        return ["unshare", "-rm", "sh", "-c", mounted, str(self.root / "usr/share"), str(self.path)]

    def environ(self) -> dict[str, str]:
        """The environment to start it in."""
        if not self.libraries:
            return dict(os.environ)
        own = ":".join(str(folder) for folder in self.libraries)
        before = os.environ.get("LD_LIBRARY_PATH")
        return {**os.environ, "LD_LIBRARY_PATH": f"{own}:{before}" if before else own}


def needed(program: str, package: str, *libraries: str) -> Tool:
    """`program` of `package`; `libraries` are packages that it needs beside it. Skips where it cannot be had."""
    found = tool(program, package, *libraries)
    if isinstance(found, str):
        ran[program] = f"not with {program}: {found}"
        pytest.skip(f"no {program}: {found}")
    ran[program] = f"{program} ({found.where})"
    return found


@cache
def tool(program: str, package: str, *libraries: str) -> Tool | str:
    """The program, or in words why there is none. Never installs anything on the machine."""
    on_path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if on_path is not None:
        return Tool(Path(on_path), on_path)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "not on PATH, and this machine has no apt-get"
    folders: list[Path] = []
    for name in (package, *libraries):
        unpacked = _unpacked(name)
        if isinstance(unpacked, str):
            return unpacked
        folders.append(unpacked)
    for place in PLACES:
        path = folders[0] / place / program
        if path.is_file():
            return Tool(path, f"Debian {_version(package)}", _libraries(folders), folders[0])
    return f"the package {package} has no {program}"


def _unpacked(package: str) -> Path | str:
    """The folder of one package; workers of one run wait for each other."""
    folder = FOLDER / package
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _alone(FOLDER / f".{package}.lock"):
        if (folder / ".whole").exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for command, where in (
            (["apt-get", "download", "-q", package], folder),
            (["sh", "-c", f'exec dpkg-deb -x "$(ls {package}_*.deb)" .'], folder),
        ):
            try:
                done = subprocess.run(
                    command, cwd=where, capture_output=True, text=True, timeout=SECONDS, check=False, encoding="utf-8"
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"{command[0]} {package}: {type(error).__name__}"
            if done.returncode != 0:
                words = (done.stderr or done.stdout).strip().splitlines()
                return f"{command[0]} {package}: {words[-1] if words else done.returncode}"
        archive = next(folder.glob("*.deb"))
        (folder / ".whole").write_text(archive.name.split("_")[1], encoding="utf-8")
        archive.unlink()
    return folder


def _version(package: str) -> str:
    return (FOLDER / package / ".whole").read_text(encoding="utf-8").replace("%3a", ":")


def _libraries(folders: list[Path]) -> tuple[Path, ...]:
    found = {path.parent for folder in folders for path in folder.glob("**/lib*.so*")}
    return tuple(sorted(found))


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
