"""What people say about faces: a log that is only appended to, folded into labels.

`events` is the log on disk, `fold` makes labels of it and finds each label's face, `join` puts
them into the manifest's rows, `say` turns wishes into events, `formats` reads and writes the files
of other programs.
"""
