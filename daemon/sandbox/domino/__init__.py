"""The Domino sandbox: a faithful local server of Domino's calendar service (DAS)."""

from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.server import DominoSandbox

__all__ = ["DominoOptions", "DominoSandbox"]
