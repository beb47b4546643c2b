"""`python -m tests.mutants`: plants each mutant in a copy of the tree, and says which check caught it."""

import sys

from tests.mutants.run import main

sys.exit(main())
