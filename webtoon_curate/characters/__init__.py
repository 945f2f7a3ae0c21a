"""Likely characters: the faces of a title, clustered.

`neighbours` finds alike vectors block by block, `clustering` joins them, `stage` reads the tables
and writes `tables/characters.parquet`.
"""
