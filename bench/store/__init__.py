"""The limits of the case store (research/store.md part IX) through the product's own functions, beside raw SQL.

`python -m bench --only store [--quick] [--cases 30000,1000000[,3000000]] [--postgres URL] [--folder FOLDER]`
"""

from __future__ import annotations

from bench.store.whole import Asked, run

__all__ = ["Asked", "run"]
