"""The exit codes of the command line, and how an error becomes one sentence and one code."""

from __future__ import annotations

from enum import IntEnum

import click

from shared.api_client import ClientError, DaemonNotRunning, sentence
from shared.endpoint_file import EndpointRefused
from shared.problems import ApiProblem, ProblemName


class ExitCode(IntEnum):
    """Fixed in interfaces.md: scripts rely on them."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    DECISION_NEEDED = 3
    SIGN_IN_NEEDED = 4
    NO_DAEMON = 5


class Ending(Exception):
    """Ends the command with ``code`` and, unless it is empty, ``words`` (one sentence) on the error stream."""

    def __init__(self, code: ExitCode, words: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.words = words


_CODES: dict[ProblemName, ExitCode] = {
    ProblemName.SIGN_IN_NEEDED: ExitCode.SIGN_IN_NEEDED,
    ProblemName.BAD_SETTING: ExitCode.WRONG_USE,
}
"""A problem that is not listed means that the command failed."""

Expected = (Ending, ApiProblem, ClientError, EndpointRefused, click.ClickException, click.Abort)
"""What a command may raise; anything else is a fault in the program."""


def ending_of(error: BaseException) -> Ending:
    """The code and the sentence for one of the Expected errors."""
    match error:
        case Ending():
            return error
        case ApiProblem():
            return Ending(_CODES.get(error.name, ExitCode.FAILED), _with_incident(error))
        case DaemonNotRunning():
            return Ending(ExitCode.NO_DAEMON, str(error))
        case click.UsageError():
            where = f" See: {error.ctx.command_path} --help" if error.ctx is not None else ""
            return Ending(ExitCode.WRONG_USE, f"{error.format_message()}{where}")
        case click.ClickException():
            return Ending(ExitCode.FAILED, error.format_message())
        case click.Abort():
            return Ending(ExitCode.FAILED, "Stopped.")
        case _:
            return Ending(ExitCode.FAILED, str(error))


def _with_incident(problem: ApiProblem) -> str:
    words = sentence(problem)
    incident = problem.extra.get("incident")
    return f"{words} (incident {incident})" if incident else words
