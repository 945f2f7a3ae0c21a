"""`python -m webtoon_curate` is `webtoon-curate`."""

from webtoon_curate.cli import main

main(prog_name="webtoon-curate")
