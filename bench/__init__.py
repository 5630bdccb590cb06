"""Benchmarks: figures of one run on one machine, as ratios and counts; `make bench` runs them all."""
