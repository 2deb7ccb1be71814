"""The tested code behind the book *Zhejiang Recomputed*."""

import sys
from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parents[2]

# jsonschema would make 38 parsers when it is imported, in a second or more, for a check of addresses that no schema here asks for.
sys.modules["rfc3987_syntax"] = None

# For processes that run one a core: threads of each would fight for the cores, many times slower on small matrices, and sum in another order.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
