"""``python -m admit.cli`` is ``admit``."""

from admit.cli import main

main(prog_name="admit")
