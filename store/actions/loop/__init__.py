"""The closed loop at work: new cases, moves, and the tables that follow from their events."""
