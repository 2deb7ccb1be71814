"""Re-create results.json: what pymrio makes of the official table of 2007.

    pip install pymrio==0.7.0
    python tests/reference/pymrio/recreate.py

pymrio is not among the development packages, since it brings pyarrow, with which pandas stores text in another way
than in the book's environment. The tests compare with the stored results.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
from pymrio.tools import iomath

from zhejiang import data
from zhejiang import input_output as io

competitive = io.official_table(data.load("input_output/china_2007_42"))
results = {"pymrio": importlib.metadata.version("pymrio"), "sectors": list(competitive.x.index)}
for name, table in (("competitive", competitive), ("domestic", io.domestic_table(competitive))):
    A = iomath.calc_A(table.Z, table.x)
    L = iomath.calc_L(A)
    parts = {"A": A, "L": L, "x": iomath.calc_x_from_L(L, table.final_demand), "G": iomath.calc_G(iomath.calc_B(table.Z, table.x)),
             "M": iomath.calc_M(iomath.calc_S(table.V, table.x), L)}
    results[name] = {part: np.asarray(values).tolist() for part, values in parts.items()}
target = Path(__file__).with_name("results.json")
target.write_text(json.dumps(results, separators=(",", ":")) + "\n", encoding="utf-8", newline="\n")
