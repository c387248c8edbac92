"""What each command causes and what each event changes, a file a subject; `store.rules.decide` joins them."""
