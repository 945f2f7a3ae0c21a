"""The 68 points of every face: backends, their quality, pose and alignment, drawing."""
