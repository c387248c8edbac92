"""The outbox at work: what is owed to others and how far it came (K08)."""
