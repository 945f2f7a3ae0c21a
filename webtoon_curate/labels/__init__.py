"""What people say about faces: a log that is only appended to, folded into labels.

`events` is the log on disk, `fold` makes labels of it and finds each label's face, `join` puts
them into the manifest's rows. `desk` shows the faces with them and takes new words, `exchange`
brings labels in and out by way of the files of other programs, which `formats` reads and writes,
and `propagate` suggests words for other faces.
"""
