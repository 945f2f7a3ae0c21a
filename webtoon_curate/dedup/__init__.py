"""Duplicates: hashes of crops, neighbours in Hamming space, clusters of one drawing."""
