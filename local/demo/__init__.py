"""The demo: everything on this machine, with weeks of generated history."""
