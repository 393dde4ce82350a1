"""Benchmarks: a ratio to a peer on the same data in the same run. Not tests; `make bench` runs them."""
