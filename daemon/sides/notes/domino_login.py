"""Domino's login form: finds it in a web page that came instead of an answer, and fills it in.

A request without a session gets 200 (or 401) with an HTML form whose action ends in ``?Login``; the form posted with a name
and password gives 302 and a cookie, DomAuthSessId or LtpaToken; a wrong password gives the form again (notes.md 1.6).
Fields are taken from the form itself, because administrators replace it with forms of their own.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

SESSION_COOKIES = ("DomAuthSessId", "LtpaToken", "LtpaToken2")


@dataclass(slots=True)
class LoginForm:
    """A form with a password field: where to post it and what to send along."""

    action: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    user_field: str = ""
    password_field: str = ""

    def filled(self, user: str, password: str, back_to: str) -> dict[str, str]:
        """The fields to post; ``back_to`` goes into RedirectTo where the form has that field."""
        sent = dict(self.hidden)
        if "RedirectTo" in sent:
            sent["RedirectTo"] = back_to
        return {**sent, self.user_field: user, self.password_field: password}

    def target(self, page_url: str) -> str | None:
        """The absolute address to post to, or None when it lies on another server: no password goes there."""
        absolute = urljoin(page_url, self.action)
        here, there = urlsplit(page_url), urlsplit(absolute)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
        return absolute if same else None


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[LoginForm] = []
        self._open: LoginForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = LoginForm(action=given.get("action", ""))
            self.forms.append(self._open)
        elif tag == "input" and self._open is not None:
            _take_input(self._open, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def _take_input(form: LoginForm, given: dict[str, str]) -> None:
    name, kind = given.get("name", ""), given.get("type", "text").casefold()
    if not name:
        return
    if kind == "password":
        form.password_field = form.password_field or name
    elif kind in ("text", "email"):
        # The name stands before the password; of several text fields the one called Username wins.
        if not form.user_field or name.casefold() == "username":
            form.user_field = name
    elif kind == "hidden":
        form.hidden[name] = given.get("value", "")


def find_form(page: str) -> LoginForm | None:
    """The first form of the page that asks for a name and a password."""
    reader = _FormReader()
    # html.parser gives up on a marked section it does not know; what came before it counts.
    with contextlib.suppress(AssertionError):
        reader.feed(page)
    return next((form for form in reader.forms if form.password_field and form.user_field), None)
