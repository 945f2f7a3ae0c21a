"""Things, animals, signs and effects: what panels show besides people, and never a face."""
