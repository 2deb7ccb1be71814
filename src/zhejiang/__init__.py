"""The tested code behind the book *Zhejiang Recomputed*."""

from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parents[2]
