"""The real daemon, with a hand on the switch: it kills itself with SIGKILL when it reaches the point named in a file.

``python tests/crash/deadly_daemon.py run --memory-credentials``. ``$DAYBRIDGE_HOME/kill_at`` holds one point a line; the first
line is used up by the kill, so that the next process may die at the next one. Without the file this is the daemon as it is.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from daemon.runs.commit import Committer
from daemon.runs.compare import Comparer
from daemon.runs.journal import Journal
from daemon.sides.notes.domino import DominoSide
from daemon.sides.salesforce.side import SalesforceSide

WANTED = Path(os.environ["DAYBRIDGE_HOME"]) / "kill_at"


def reach(point: str) -> None:
    """Die here if that is what the file says."""
    try:
        lines = WANTED.read_text().splitlines()
    except FileNotFoundError:
        return
    if not lines or lines[0] != point:
        return
    rest = "\n".join(lines[1:])
    if rest:
        WANTED.write_text(rest)
    else:
        WANTED.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: type, method: str) -> None:
    """Points before and after a plain method."""
    real = getattr(owner, method)

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        reach(f"{method}.before")
        answer = real(self, *args, **kwargs)
        reach(f"{method}.after")
        return answer

    setattr(owner, method, wrapped)


def around_writes(owner: type) -> None:
    """Points before anything is sent, and after the effect while the answer has not been noted."""
    real = owner.write  # type: ignore[attr-defined]

    async def write(self: Any, writes: Any) -> AsyncIterator[Any]:
        reach("write.before")
        async for outcome in real(self, writes):
            reach("effect.after")
            yield outcome

    owner.write = write  # type: ignore[attr-defined]


def main() -> None:
    for owner, methods in (
        (Journal, ("intend", "sent", "acked", "finish_with")),
        (Committer, ("commit",)),
        (Comparer, ("record_written",)),
    ):
        for method in methods:
            around(owner, method)
    for side in (DominoSide, SalesforceSide):
        around_writes(side)
    from daemon.__main__ import main as run

    sys.argv[0] = "daybridge"
    run()


if __name__ == "__main__":
    main()
