"""Reading the answers to queries, within bounds of memory. They are validated, never trusted."""
