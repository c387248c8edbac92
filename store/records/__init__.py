"""The tables, a file a subject; no behaviour."""

from store.records import alert, case, event, grid, patrol, people, source

__all__ = ["alert", "case", "event", "grid", "patrol", "people", "source"]
