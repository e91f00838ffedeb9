"""Finds the proxy through which a server is reached, from the environment or the system's settings.

aiohttp's own way (``trust_env``) also reads ~/.netrc and then refuses requests that carry their own Authorization header.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


@dataclass(frozen=True, slots=True)
class Proxy:
    """``url`` without credentials (None: go there directly) and the headers for it."""

    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def in_the_clear(self, scheme: str) -> dict[str, str]:
        """The proxy's headers that go with a plain http request; for https they go with the CONNECT before it."""
        return self.headers if scheme == "http" else {}


def proxy_for(origin: str) -> Proxy:
    """The proxy for a server, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY or what the system has set."""
    parts = urlsplit(origin)
    given = getproxies().get(parts.scheme, "")
    if not given or not parts.hostname or proxy_bypass(parts.hostname):
        return Proxy()
    whole = urlsplit(given if "://" in given else f"http://{given}")
    place = whole.netloc.rpartition("@")[2]
    if whole.username is None:
        return Proxy(f"{whole.scheme}://{place}")
    secret = f"{unquote(whole.username)}:{unquote(whole.password or '')}"
    return Proxy(
        f"{whole.scheme}://{place}",
        {"Proxy-Authorization": "Basic " + base64.b64encode(secret.encode()).decode()},
    )
