"""Rules of public vaccination programmes: who you are, whether it is your turn, your booking."""

__version__ = "0.1.0.dev0"
