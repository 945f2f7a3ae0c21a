"""Panels: who is in a shot, where and how it is staged, and drawing it."""
