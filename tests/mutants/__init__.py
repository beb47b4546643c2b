"""Faults planted by hand in the code that handles money, each a plausible slip: the tests have to catch them."""
