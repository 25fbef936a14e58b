"""The delivery process."""
