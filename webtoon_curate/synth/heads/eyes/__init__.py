"""Eyes and what lies around them, near and far, serious and comic."""
