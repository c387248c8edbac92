"""Early warnings and the batch data behind them (K17)."""
