"""The store's ports in memory, for simulations: no clock of its own, no randomness, no threads.

One `Database` holds what is committed; each simulated process is a `Process` on it, with a `MemoryStore` and a
`MemoryLines`. Every call of a port suspends where PostgreSQL would be asked, so that a scheduler can interleave others
there, or kill the process.
"""
