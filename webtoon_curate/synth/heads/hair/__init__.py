"""Hair: haircuts, locks, the light in them, and drawing them."""
