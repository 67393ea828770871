"""Many people at once, on the columns of Apache Arrow (extra ``population``)."""

from __future__ import annotations

from vaxpolicy.population.id_numbers import valid_id_numbers

__all__ = ["valid_id_numbers"]
