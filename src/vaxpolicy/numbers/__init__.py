"""Reads the numbers on documents."""
