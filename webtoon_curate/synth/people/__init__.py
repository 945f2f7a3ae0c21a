"""Who is drawn and in which style: characters, their proportions, poses and expressions."""
