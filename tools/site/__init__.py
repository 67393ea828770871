"""Writes and checks the generated pages of the site: `python -m tools.site write | check`."""
