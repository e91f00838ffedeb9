"""Signing in: authorization code with PKCE in the person's own browser, back over a registered port on localhost.

The device, password and SOAP flows are closed or closing (reference/salesforce.md 4). The client id is the customer's
own; a public client has no secret.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from oauthlib.oauth2 import WebApplicationClient

from daemon.sides.contract import SignInNeeded
from daemon.sides.salesforce import oauth
from daemon.sides.salesforce.callback import CallbackListener
from daemon.sides.salesforce.oauth import TokenSet
from daemon.sides.salesforce.session import Patience, checked_origin
from shared.models import Text
from shared.texts import text

PORTS = (51721, 51722, 51723)
SCOPES = ("api", "refresh_token", "openid", "id")
GOOD_FOR = timedelta(minutes=5)
CLOSE_WINDOW = "You are signed in. You can close this window."


class SignIn:
    """One sign-in: ``start``, let the person open the address, ``finished``. Used once; ``cancel`` ends it early."""

    def __init__(
        self,
        login_url: str,
        client_id: str,
        ports: Sequence[int] = PORTS,
        *,
        good_for: timedelta = GOOD_FOR,
        patience: Patience | None = None,
    ) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._good_for = good_for
        self._patience = patience or Patience()
        self._state = secrets.token_urlsafe(32)
        self._client = WebApplicationClient(client_id)
        self._verifier: str = self._client.create_code_verifier(64)
        self._listener = CallbackListener(ports, self._heard)
        self._code: asyncio.Future[str] | None = None
        self._deadline = 0.0
        self._reason: Text | None = None

    async def start(self) -> tuple[str, datetime]:
        """Open the listener; returns (address for the browser, moment in UTC when the sign-in expires).

        Raises SignInNeeded without a client id, SideUnavailable for a bad login address or when every port is taken.
        """
        if not self._client_id:
            raise SignInNeeded(text("salesforce.no_client_id"))
        origin = checked_origin(self._login_url)
        await self._listener.open()
        loop = asyncio.get_running_loop()
        self._code = loop.create_future()
        self._deadline = loop.time() + self._good_for.total_seconds()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._listener.redirect_uri,
            "scope": " ".join(SCOPES),
            "state": self._state,
            "code_challenge": self._client.create_code_challenge(self._verifier, "S256"),
            "code_challenge_method": "S256",
        }
        return f"{origin}{oauth.AUTHORIZE_PATH}?{urlencode(query)}", datetime.now(UTC) + self._good_for

    async def finished(self) -> TokenSet:
        """Wait for the browser, then trade the code for tokens. Raises SignInNeeded with one sentence when it failed."""
        if self._code is None:
            raise RuntimeError("start() comes first")
        try:
            async with asyncio.timeout_at(self._deadline):
                code = await self._code
        except TimeoutError:
            raise SignInNeeded(self._reason or text("salesforce.sign_in_expired")) from None
        finally:
            await self._listener.close()
        form = self._client.prepare_request_body(
            code=code, redirect_uri=self._listener.redirect_uri, code_verifier=self._verifier
        )
        tokens = await oauth.exchange(checked_origin(self._login_url), dict(parse_qsl(form)), self._patience)
        if not tokens.refresh_token:
            raise SignInNeeded(text("salesforce.no_refresh_token"))
        return tokens

    async def cancel(self) -> None:
        """Close the listener; whoever waits in ``finished`` gets SignInNeeded."""
        self._fail(text("salesforce.sign_in_cancelled"))
        await self._listener.close()

    def _heard(self, query: dict[str, str]) -> str | None:
        """One call-back. A wrong ``state`` is somebody else's: it neither ends nor completes this sign-in.

        A refusal without any state ends nothing either, but is shown, and told when nothing better comes.
        """
        if self._code is None or self._code.done():
            return None
        words = self._refusal(query)
        if words is not None and "state" not in query:
            # Not every refusal of Salesforce's is known to bring the state back ([?]); anyone else could have sent it.
            self._reason = words
            return words.text
        if not hmac.compare_digest(query.get("state", "").encode(), self._state.encode()):
            return None
        if words is not None:
            self._fail(words)
            return words.text
        if not query.get("code"):
            return None
        self._code.set_result(query["code"])
        return CLOSE_WINDOW

    def _refusal(self, query: dict[str, str]) -> Text | None:
        if "error" not in query:
            return None
        said = query.get("error_description", "")
        return oauth.refusal_sentence(query["error"], said, "salesforce.sign_in_refused", self._listener.redirect_uri)

    def _fail(self, words: Text) -> None:
        if self._code is not None and not self._code.done():
            self._code.set_exception(SignInNeeded(words))
            # Nobody may be waiting any more; the exception then must not be reported as never retrieved.
            self._code.exception()
