"""``daybridge find``: items of either calendar by their words, and why each does or does not synchronize."""

from __future__ import annotations

import click

from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line, table
from daemon.cli.row_views import cut, item_state, show_item
from shared.api_client import ApiClient
from shared.labels import SIDE_WORDS, counted
from shared.local_times import span_words
from shared.models import Item, ItemList

MOST = 500
"""The largest page that the API gives."""


@click.command()
@click.argument("words", nargs=-1)
@click.option("--kind", metavar="KIND", default="", help="Only items of one kind, such as private, ignored or in_step.")
@click.option("--limit", type=click.IntRange(1, MOST), default=50, show_default=True, help="How many items.")
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def find(words: tuple[str, ...], kind: str, limit: int, as_json: bool) -> None:
    """Find items of either calendar by WORDS of their subject or place, and say why each does or does not synchronize.

    Without WORDS every item is listed. A single hit is shown in full, with its history.
    """
    client = ApiClient()
    asked = " ".join(words)
    if as_json:
        document(client.raw("items", query={"q": asked, "reason": kind, "limit": limit}))
        return
    listed = client.items(asked, reason=kind, limit=limit)
    if not listed.counts:
        raise Ending(
            ExitCode.FAILED, "Neither calendar was read yet, or both are empty. Compare them with: daybridge sync"
        )
    if kind and kind not in listed.counts:
        raise Ending(ExitCode.FAILED, f"There are no items of the kind {kind}. There are: {_kinds(listed)}.")
    if not listed.items:
        raise Ending(ExitCode.FAILED, _nothing(listed, asked))
    if len(listed.items) == 1:
        show_item(client.item(listed.items[0].id))
        return
    table(["ID", "When", "Title", "State", "Why"], [_cells(each) for each in listed.items], wide="Why")
    line()
    if listed.total > len(listed.items):
        line(f"The first {len(listed.items)} of {listed.total} items; more words or a larger --limit show the others.")
    line(f"Kinds: {_kinds(listed)}. One item in full: daybridge changes --why ID")


def _cells(item: Item) -> list[str]:
    where = f", in {SIDE_WORDS[item.side]}" if item.side is not None else ""
    return [
        item.id,
        span_words(item.starts_at, item.ends_at),
        cut(item.title) or "(no subject)",
        f"{item_state(item)}{where}",
        " ".join(each.text for each in item.why),
    ]


def _kinds(listed: ItemList) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(listed.counts.items()) if number)


def _nothing(listed: ItemList, asked: str) -> str:
    """Nothing has these words; a private entry could not have been found by them."""
    said = f"No item has “{asked}” in its subject or place."
    said += " Entries outside the days that are synchronized (rules.past_days, rules.future_days) are not read."
    hidden = listed.counts.get("private", 0)
    if asked and hidden:
        entries = counted(hidden, "private entry is", "private entries are")
        said += f" {entries} left out, and their subjects are not kept: see daybridge find --kind private"
    return said
