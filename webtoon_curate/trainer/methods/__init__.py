"""What is trained and how: one file a method, for `webtoon_curate.trainer.loop.train`."""
