"""Builds every answer of the API: the security headers, JSON documents and problem documents."""

from __future__ import annotations

import msgspec
from aiohttp import hdrs, web

from shared.models import API_VERSION
from shared.problems import ApiProblem, ProblemName
from shared.version import VERSION

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PROBLEM_TYPE = "application/problem+json"


def security_headers(policy: str = API_POLICY) -> dict[str, str]:
    """The headers of every response, whatever its status."""
    return {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": policy,
        "Daybridge-Api-Version": str(API_VERSION),
        "Daybridge-Version": VERSION,
        "Server": "",
    }


def document_response(document: object, status: int) -> web.Response:
    """A JSON answer."""
    headers = {**security_headers(), hdrs.CONTENT_TYPE: "application/json"}
    return web.Response(status=status, body=msgspec.json.encode(document), headers=headers)


def problem_response(problem: ApiProblem) -> web.Response:
    """A problem document (RFC 9457) with the headers its status asks for."""
    headers = {**security_headers(), hdrs.CONTENT_TYPE: PROBLEM_TYPE}
    if problem.name is ProblemName.UNAUTHORIZED:
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if problem.name is ProblemName.WRONG_METHOD:
        allowed = problem.extra.get("allow")
        headers[hdrs.ALLOW] = ", ".join(allowed) if isinstance(allowed, list) else ""
    response = web.Response(status=problem.status, body=msgspec.json.encode(problem.document()), headers=headers)
    if problem.name is ProblemName.TOO_LARGE:
        response.force_close()  # the rest of the body is not worth reading
    return response


def file_response(content: bytes, media_type: str) -> web.Response:
    """A file of the page."""
    return web.Response(body=content, headers={**security_headers(PAGE_POLICY), hdrs.CONTENT_TYPE: media_type})
