"""The catalogue of message codes: every sentence the program says to a person, once, in English.

A sentence names numbers and says what to do. Parameters are filled with ``str.format``; a missing parameter is a fault
in the program and shows as ``{name}`` rather than failing the run.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared import texts_rows, texts_runs, texts_salesforce, texts_sides
from shared.models import Text


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


CATALOGUE: dict[str, str] = {
    **texts_rows.ROWS,
    **texts_runs.RUNS,
    **texts_sides.SIDES,
    **texts_salesforce.SALESFORCE,
}


def text(code: str, **params: object) -> Text:
    """The Text for ``code``; raises KeyError for a code that is not in the catalogue."""
    return Text(code=code, params=dict(params), text=CATALOGUE[code].format_map(_Lenient(params)))


def render(code: str, params: Mapping[str, object]) -> str:
    """The English sentence, or the code itself where a newer program sent one we do not know."""
    template = CATALOGUE.get(code)
    return code if template is None else template.format_map(_Lenient(params))
