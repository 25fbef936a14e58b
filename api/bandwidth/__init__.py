"""Bytes over time: windows, queries, reading, and the formats of the answer."""
