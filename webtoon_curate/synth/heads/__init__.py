"""Drawn heads with their truth: outline, features, skin and what people wear on them."""
