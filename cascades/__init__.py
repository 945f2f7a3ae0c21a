"""Cascades in OpenCV's XML format, installed with webtoon-curate."""
