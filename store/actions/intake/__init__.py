"""What comes in before it is a case (K03)."""
