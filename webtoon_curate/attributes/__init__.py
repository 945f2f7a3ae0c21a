"""What is read off faces and named: colors with their palette names, and groups."""
