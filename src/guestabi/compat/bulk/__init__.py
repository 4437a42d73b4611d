"""Verdicts of very many pairs, with numpy: the answers of ``compat.matrix``, all at once."""

from __future__ import annotations

from guestabi.compat.bulk.pairs import Verdicts, matrix

__all__ = ["Verdicts", "matrix"]
