"""Canonical form of Kubernetes quantities (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).

The API server rewrites ``1000m`` to ``1`` and ``1024Mi`` to ``1Gi``; a diff that did not would never end.
"""

import re
from decimal import ROUND_CEILING, Decimal, InvalidOperation

KIBI = 1024
BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
FORM = re.compile(r"^([+-]?[0-9.]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE]?)$")


def canonical(text: str) -> str:
    """The quantity as the API server would write it; what is no quantity comes back as it was."""
    found = FORM.match(text)
    if found is None:
        return text
    number, suffix = found.groups()
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return text
    if suffix in BINARY[1:]:
        return _binary(amount * KIBI ** BINARY.index(suffix))
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return _decimal(amount.scaleb(int(suffix[1:])), exponents=True)
    return _decimal(amount.scaleb(DECIMAL[suffix]))


def _binary(amount: Decimal) -> str:
    amount = amount.to_integral_value(ROUND_CEILING)
    if abs(amount) < KIBI:
        return _decimal(amount)
    whole, step = int(amount), 0
    while whole % KIBI == 0 and step < len(BINARY) - 1:
        whole, step = whole // KIBI, step + 1
    return f"{whole}{BINARY[step]}"


def _decimal(amount: Decimal, *, exponents: bool = False) -> str:
    """Largest suffix that leaves a whole number; nothing below a billionth."""
    if not amount:
        return "0"
    for suffix, exponent in sorted(DECIMAL.items(), key=lambda item: -item[1]):
        scaled = amount.scaleb(-exponent)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{_exponent(exponent) if exponents else suffix}"
    return str(amount)


def _exponent(exponent: int) -> str:
    return f"e{exponent}" if exponent else ""
