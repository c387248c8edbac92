"""Deadlines at work: clocks of cases, calendars, seasons, deferrals, what runs out."""
