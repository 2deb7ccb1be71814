"""The tested code behind the book *Zhejiang Recomputed*."""

import sys
from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parents[2]

# jsonschema would make 38 parsers when it is imported, in a second or more, for a check of addresses that no schema here asks for.
sys.modules["rfc3987_syntax"] = None
