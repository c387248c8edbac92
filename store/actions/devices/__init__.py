"""Devices at work: the register, alarms, rules, windows, what rules filed (K16)."""
