"""Light and print: what finished drawings go through."""
