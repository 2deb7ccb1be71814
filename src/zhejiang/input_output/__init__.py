"""Input-output analysis in the letters of Miller and Blair: Z, A, L, x, y; B, G for Ghosh. Rows sell, columns buy."""

from zhejiang.input_output.decomposition import Decomposition, decompose, deflate
from zhejiang.input_output.extraction import Extraction, extract
from zhejiang.input_output.leontief import (
    Linkages,
    Multipliers,
    allocation_coefficients,
    close,
    ghosh_inverse,
    impact,
    key_sectors,
    leontief_inverse,
    linkages,
    multipliers,
    solve,
    technical_coefficients,
)
from zhejiang.input_output.regional import regional_coefficients, trade_coefficients
from zhejiang.input_output.table import Table, aggregate, domestic_table, import_shares, official_table
from zhejiang.input_output.trade import VerticalSpecialisation, content, vertical_specialisation
from zhejiang.input_output.uncertainty import CoefficientErrors, Simulation, observed_errors, rank_intervals, simulate_linkages

__all__ = [
    "CoefficientErrors", "Decomposition", "Extraction", "Linkages", "Multipliers", "Simulation", "Table", "VerticalSpecialisation",
    "aggregate", "allocation_coefficients", "close", "content", "decompose", "deflate", "domestic_table", "extract", "ghosh_inverse",
    "impact", "import_shares", "key_sectors", "leontief_inverse", "linkages", "multipliers", "observed_errors", "official_table",
    "rank_intervals", "regional_coefficients", "simulate_linkages", "solve", "technical_coefficients", "trade_coefficients",
    "vertical_specialisation",
]
