"""Measurements of the review on the development corpus: see docs/benchmarks.md."""
