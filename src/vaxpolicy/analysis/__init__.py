"""The same rules, for everybody at once: lint, diff and boundary people."""
