"""The local web page where people correct labels: standard library and plain JavaScript only."""
