"""`python -m pawline.cli`: the same as `pawline`."""

from pawline.cli import main

main()
