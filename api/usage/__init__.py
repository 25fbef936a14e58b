"""A quota's entries, their usage over time, past periods, and notifications."""
