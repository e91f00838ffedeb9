"""A request and a reply of the REST API without their transport, so that Composite can make them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.errors import ApiError

#: aiohttp says octet-stream where the client said nothing.
_JSON_TYPES = frozenset({"", "application/json", "application/octet-stream"})


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call below `/services/data/vXX.X/`; `path` are the decoded segments after the version, header names lower-case.

    `base` is the scheme and host by which the client reached the server; `document` a body that is already JSON.
    """

    method: str
    version: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    caller: Caller
    base: str
    raw: bytes = b""
    document: Any = None

    def json(self) -> Any:
        """Return the body; JSON_PARSER_ERROR when it is not JSON."""
        if self.document is not None:
            return self.document
        kind = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind not in _JSON_TYPES:
            raise ApiError("UNSUPPORTED_MEDIA_TYPE", f"The body must be JSON, not {kind}", status=415)
        try:
            document = json.loads(self.raw)
            # Half a surrogate pair is no text: it could be stored, and never be shown again.
            json.dumps(document, ensure_ascii=False).encode()
            return document
        except (ValueError, RecursionError) as error:
            raise ApiError("JSON_PARSER_ERROR", f"Unexpected content at the request body: {error}") from error

    def record(self) -> dict[str, Any]:
        """Return the body as one record."""
        body = self.json()
        if not isinstance(body, dict):
            raise ApiError("JSON_PARSER_ERROR", "Cannot deserialize the request body: a JSON object is needed")
        return body

    def date_header(self, name: str) -> datetime | None:
        """Return a conditional header as an instant; 400 when it is no HTTP date."""
        said = self.headers.get(name)
        if said is None:
            return None
        try:
            moment = parsedate_to_datetime(said)
        except ValueError as error:
            raise ApiError("BAD_REQUEST", f"The value of {name} is not an HTTP date: {said}") from error
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class ApiReply:
    """A status, a JSON body (None: no body at all) and the headers that belong to the resource."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def http_date(moment: datetime) -> str:
    """Return an instant as HTTP headers carry it."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)
