"""``python -m otklik.config.cli``: the console script where it is not installed."""

import sys

from otklik.config.cli import main

sys.exit(main())
