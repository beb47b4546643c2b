"""`python -m tests.simulation`: plays histories of the real service, and judges each."""

import sys

from tests.simulation.run import main

sys.exit(main())
