"""Data sets as data, behind one forward model and one likelihood."""
