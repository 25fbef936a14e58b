"""What Alertmanager posts, and what it means."""
