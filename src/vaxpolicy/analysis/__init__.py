"""Analyses the rules for all people at once: lint, diff and boundary people."""
