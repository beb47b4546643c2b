"""How fast it is, each figure beside its bare bound measured in the same run. `make bench`, or `python -m bench`.

One module a benchmark; `harness` compares, `bed` starts what they run on, `load`, `bot_api` and `bare` are programs of
their own beside the measured processes. Linux only: processor time and memory are read from /proc.
"""
