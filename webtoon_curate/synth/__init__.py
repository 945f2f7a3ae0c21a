"""The procedural webtoon: drawn faces and pages with exact ground truth."""
