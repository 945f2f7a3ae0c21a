"""Pages: blocks of panels between gutters, and what of each face they show."""
