"""Ending tasks for good: at a shutdown, at a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def ended(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel `tasks` until they are done: `asyncio.wait_for` of Python 3.11 may swallow a cancellation."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=1.0)
        for task in done:
            if not task.cancelled():
                task.exception()
