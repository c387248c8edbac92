"""Officers, posts, units, shifts, and who may see what (K20, K23)."""
