"""Rehearsal: a scenario on an empty drill store, with the clock it sets, and each expectation held or not."""
