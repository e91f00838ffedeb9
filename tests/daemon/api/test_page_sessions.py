"""One-time codes and page sessions: single use, 30 seconds, at most 3 and 8, 12 hours idle, only hashes kept."""

from __future__ import annotations

from daemon.api.page_sessions import CODE_SECONDS, MAX_CODES, MAX_SESSIONS, SESSION_IDLE_SECONDS, PageSessions


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_code_is_traded_once() -> None:
    sessions = PageSessions(Clock())
    code = sessions.make_code()
    token = sessions.trade(code)
    assert token is not None
    assert sessions.admit(token)
    assert sessions.trade(code) is None
    assert not sessions.admit(code)


def test_a_code_lives_thirty_seconds() -> None:
    clock = Clock()
    sessions = PageSessions(clock)
    late, early = sessions.make_code(), sessions.make_code()
    clock.seconds += CODE_SECONDS - 0.1
    assert sessions.trade(early) is not None
    clock.seconds += 0.1
    assert sessions.trade(late) is None


def test_at_most_three_codes_are_outstanding() -> None:
    sessions = PageSessions(Clock())
    codes = [sessions.make_code() for _ in range(MAX_CODES + 1)]
    assert sessions.trade(codes[0]) is None
    assert [sessions.trade(code) is not None for code in codes[1:]] == [True] * MAX_CODES


def _session(sessions: PageSessions) -> str:
    token = sessions.trade(sessions.make_code())
    assert token is not None
    return token


def test_a_ninth_session_ends_the_one_idle_longest() -> None:
    clock = Clock()
    sessions = PageSessions(clock)
    tokens = []
    for _ in range(MAX_SESSIONS):
        clock.seconds += 1
        tokens.append(_session(sessions))
    clock.seconds += 1
    assert sessions.admit(tokens[0])
    newest = _session(sessions)
    assert not sessions.admit(tokens[1])
    assert all(sessions.admit(token) for token in [tokens[0], *tokens[2:], newest])


def test_twelve_idle_hours_end_a_session_and_a_call_starts_them_anew() -> None:
    clock = Clock()
    sessions = PageSessions(clock)
    token = _session(sessions)
    clock.seconds += SESSION_IDLE_SECONDS - 1
    assert sessions.admit(token)
    clock.seconds += SESSION_IDLE_SECONDS - 1
    assert sessions.admit(token)
    clock.seconds += SESSION_IDLE_SECONDS
    assert not sessions.admit(token)


def test_nothing_secret_is_kept_in_the_clear() -> None:
    sessions = PageSessions(Clock())
    token, code = _session(sessions), sessions.make_code()
    kept = repr(vars(sessions))
    assert token not in kept
    assert code not in kept
