"""`python -m tests.soak`: the real processes under load, killed, stopped and cut off, and judged at the end."""

import sys

from tests.soak.run import main

sys.exit(main())
