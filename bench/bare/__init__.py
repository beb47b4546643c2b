"""The bare bounds: the least that could do the work, without the promises that the service makes."""
