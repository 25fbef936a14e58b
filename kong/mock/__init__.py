"""A gateway without Kong: it answers requests, counts their bytes and exposes what Kong exposes."""
