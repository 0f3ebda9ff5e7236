"""Benchmarks: ratios against a floor measured in the same run, production limits on."""
