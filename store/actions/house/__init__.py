"""Stores themselves: made, opened, written to, audited, leased; profiles and sources."""
