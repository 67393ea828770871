"""The language of rules, and one rule book applied to one person."""
