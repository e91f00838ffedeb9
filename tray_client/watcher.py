"""Follows the daemon's status stream in a thread of its own, reconnects for ever, and tells the icon what to show."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from shared.api_client import ApiClient, ClientError, OtherVersion, StatusStream
from shared.endpoint_file import EndpointRefused
from shared.models import Change, Run, Status
from shared.problems import ApiProblem
from shared.states import Decision
from tray_client.messages import Message, messages_for, wanted
from tray_client.view import MOST_ROWS, Connected, Moment, NoDaemon, OtherDaemon, first_rows, reviewing

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
"""Seconds between attempts to reconnect: doubled each time up to the longest, each stretched by up to a half."""

_LOG = logging.getLogger(__name__)


class Watcher:
    """Calls ``show`` with each new Moment and ``tell`` with each message, both from its own thread.

    It never ends by itself: whatever goes wrong is shown and tried again. ``jitter`` returns 0 to 1.
    """

    def __init__(
        self,
        client: ApiClient,
        show: Callable[[Moment], None],
        tell: Callable[[Message], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._show = show
        self._tell = tell
        self._jitter = jitter
        self._ending = threading.Event()
        self._hurry = threading.Event()
        self._held = threading.Lock()
        self._showing = threading.Lock()
        self._stream: StatusStream | None = None
        self._before: Status | None = None
        self._thread = threading.Thread(target=self._follow, name="status watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it (at most 5 seconds; it is a daemon thread)."""
        self._ending.set()
        self._hurry.set()
        with self._held:
            if self._stream is not None:
                self._stream.close()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def hurry(self) -> None:
        """Connect again now instead of waiting (the daemon was just started)."""
        self._hurry.set()

    def refresh(self) -> None:
        """Show the rows again after a decision that may leave the Status as it was. Called from another thread.

        What is asked here is shown before anything the stream brings meanwhile, which is the same or newer.
        """
        try:
            with self._showing:
                status = self._client.status()
                self._show(Connected(status, self._rows(status)))
        except (ClientError, EndpointRefused, ApiProblem) as error:
            _LOG.info("the rows could not be read: %s", type(error).__name__)

    def _follow(self) -> None:
        tries = 0
        while not self._ending.is_set():
            try:
                if self._read_stream():
                    tries = 0
                moment: Moment = NoDaemon()
            except OtherVersion as error:
                moment = OtherDaemon(str(error))
            except (ClientError, EndpointRefused, ApiProblem) as error:
                moment = NoDaemon(str(error))
            if self._ending.is_set():
                return
            self._show(moment)
            self._hurry.wait(self.wait_before(tries))
            self._hurry.clear()
            tries += 1

    def wait_before(self, tries: int) -> float:
        """Seconds to wait after ``tries`` failures in a row: 1 to 30, stretched by up to a half."""
        return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 10))) * (1 + self._jitter() / 2)

    def _read_stream(self) -> bool:
        """Show each Status until the stream ends; whether there was one. Raises what the client raises."""
        seen = False
        with self._client.stream() as stream:
            with self._held:
                self._stream = stream
            try:
                for status in stream:
                    if self._ending.is_set():
                        break
                    seen = True
                    self._take(status)
            finally:
                with self._held:
                    self._stream = None
        return seen

    def _take(self, status: Status) -> None:
        before, self._before = self._before, status
        with self._showing:
            self._show(Connected(status, self._rows(status)))
        # The settings are asked only when there may be something to say.
        ended = self._ended(before, status)
        if ended is None and before is not None and before.state is status.state and before.run == status.run:
            return
        for message in messages_for(before, status, ended, wanted(self._client.settings().values)):
            self._tell(message)

    def _rows(self, status: Status) -> tuple[Change, ...]:
        """The first rows for the menu: undecided ones, then as many decided ones as there is room for."""
        run = reviewing(status)
        if run is None:
            return ()
        undecided = self._client.changes(
            run.id, decision=Decision.UNDECIDED, limit=3 * MOST_ROWS, collapse="series"
        ).changes
        rows = first_rows(undecided)
        if len(rows) < MOST_ROWS:
            known = {row.id for row in undecided}
            more = self._client.changes(run.id, limit=5 * MOST_ROWS, collapse="series").changes
            rows = first_rows((*undecided, *(row for row in more if row.id not in known)))
        return rows

    def _ended(self, before: Status | None, now: Status) -> Run | None:
        """The run that was open before and is not open now, as it ended."""
        if before is None or before.run is None or not before.run.state.is_open:
            return None
        if now.run is not None and now.run.id == before.run.id:
            return None if now.run.state.is_open else now.run
        return self._client.run(before.run.id)
