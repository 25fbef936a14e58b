"""What the benchmarks share: generated traffic, servers to measure, load and tables."""
