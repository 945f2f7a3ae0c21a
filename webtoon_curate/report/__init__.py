"""The report: one HTML file that says what is in a dataset and what is wrong with it."""
