"""Places: old and new names, units, offices."""
