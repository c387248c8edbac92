"""The tree of places, buildings, and where staff on duty were (K01, K15)."""
