"""HTTP requests that are bounded in size and time."""
