"""The tables, a file a subject; no behaviour."""

from store.records import alert, case, duty, event, governing, grid, patrol, people, source

__all__ = ["alert", "case", "duty", "event", "governing", "grid", "patrol", "people", "source"]
