"""The apps that may sign people in: Daybridge's own and Salesforce's command line."""

from __future__ import annotations

from dataclasses import dataclass

_CLI_CALLBACK = "http://localhost:1717/OauthRedirect"


@dataclass(frozen=True, slots=True)
class App:
    """A connected app; one without a secret is a public client and must use PKCE. People read its name when they consent."""

    name: str
    client_id: str
    secret: str | None
    redirect_uris: tuple[str, ...]


#: The app that an administrator set up for Daybridge; consumer key and secret are invented.
DAYBRIDGE = App(
    "Daybridge",
    "3MVG9dBsandbox.Kq7wYx2LpT0RzVhCnE4mUsJ8aOfWiGgXbD1tHvZrQyNlMcPkSeAoB5uI6jF3dRw9KxTq",
    "7C1E5A9B3D2F4E6A8B0C1D2E3F4A5B6C7D8E9F0A1B2C3D4E5F60718293A4B5C6",
    (
        *(f"http://localhost:{port}/daybridge/callback" for port in (51721, 51722, 51723)),
        _CLI_CALLBACK,
        "http://localhost:4000/oauth2/callback",
    ),
)
#: Every org knows Salesforce's own command line under this name.
COMMAND_LINE = App("Salesforce CLI", "PlatformCLI", None, (_CLI_CALLBACK,))

APPS = {app.client_id: app for app in (DAYBRIDGE, COMMAND_LINE)}
