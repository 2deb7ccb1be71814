"""Regional coefficients from national ones by location quotients, with the parameter of Flegg and Webber left to the user."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zhejiang.labels import check_labels
from zhejiang.specialisation import location_quotients


def trade_coefficients(region: pd.Series, nation: pd.Series, method: str, delta: float = 0.0) -> pd.DataFrame:
    """Return (n, n) the share q of the national coefficient that the region supplies itself; row i sells to column j.

    =========  =====================================================================================================
    ``SLQ``    q_ij = min(SLQ_i, 1): the simple location quotient of the seller
    ``CILQ``   q_ij = min(SLQ_i / SLQ_j, 1), and min(SLQ_i, 1) on the diagonal
    ``FLQ``    q_ij = min(λ CILQ_ij, 1), with SLQ_i in place of CILQ_ii, λ = [log₂(1 + R/N)]^δ, R/N the region's share
    ``AFLQ``   the same times log₂(1 + SLQ_j) for buyers with SLQ_j above one; these may exceed one
    =========  =====================================================================================================

    SLQ and CILQ: Miller and Blair (2009), sections 8.2.1 and 8.2.3; CILQ is one on the diagonal whatever the region makes, which is
    why SLQ_i stands there. FLQ: Flegg and Webber (1997). AFLQ: Flegg and Webber (2000). Regional coefficients are q_ij times the
    national a_ij. δ = 0 makes FLQ equal to CILQ.

    AFLQ is capped before the factor: only then can a specialised buyer's coefficient exceed the nation's, as meant, and
    only then is it continuous at SLQ_j = 1, where the factor begins. A cap after the factor lies between FLQ and this AFLQ,
    min(q, 1) <= min(f q, 1) <= f min(q, 1) for f >= 1. Nothing keeps AFLQ's columns below the nation's total inputs.

    Parameters
    ----------
    region, nation
        (n,) employment, value added or output by sector, without totals; the nation includes the region.
    method
        One of the four.
    delta
        0 <= δ < 1, for FLQ and AFLQ; a larger δ means more imports from the rest of the nation.

    Raises
    ------
    ValueError
        Labels that differ, a region larger than the nation, an unknown method, or δ outside its range.
    """
    if method not in ("SLQ", "CILQ", "FLQ", "AFLQ"):
        raise ValueError(f"method {method!r}: expected SLQ, CILQ, FLQ or AFLQ")
    if not 0 <= delta < 1:
        raise ValueError(f"delta {delta}: expected a number from 0 to below 1")
    slq = location_quotients(region, nation)
    over = region > nation
    if over.any():
        raise ValueError(f"{over.idxmax()}: region {region[over.idxmax()]:.6g}, nation {nation[over.idxmax()]:.6g}: expected a region"
                         " that is part of the nation")
    seller, buyer = slq.to_numpy()[:, None], slq.to_numpy()[None, :]
    if method == "SLQ":
        quotient = np.repeat(seller, len(slq), axis=1)
    else:
        # A sector that the region does not have buys nothing; its column is empty whatever the quotient.
        quotient = np.divide(seller, buyer, out=np.zeros((len(slq), len(slq))), where=buyer > 0)
        np.fill_diagonal(quotient, slq)
    if method in ("FLQ", "AFLQ"):
        quotient = quotient * np.log2(1 + region.sum() / nation.sum()) ** delta
    share = np.minimum(quotient, 1)
    if method == "AFLQ":
        share = share * np.where(buyer > 1, np.log2(1 + buyer), 1)
    return pd.DataFrame(share, slq.index, slq.index)


def regional_coefficients(A: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return (n, n) regional input coefficients: the national A, cell by cell, times the shares of `trade_coefficients`.

    With A of domestic goods the shares divide purchases between the region and the rest of the nation, and the region imports
    from abroad as the nation does. With A of all goods they divide between the region and everywhere else.

    Raises `ValueError` for labels that differ.
    """
    check_labels(A.index, A.columns, "columns of A")
    check_labels(A.index, shares.index, "shares")
    check_labels(A.index, shares.columns, "columns of shares")
    return A * shares
