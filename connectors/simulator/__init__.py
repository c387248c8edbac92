"""A street that lives: hotline calls, devices, patrols and units for demos, drills and load."""

from __future__ import annotations

from connectors.simulator.source import build, tables

__all__ = ["build", "tables"]
