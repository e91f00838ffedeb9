"""Tests of the token keeper on the sandbox: rotation, one refresh at a time, what is transient and what is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from daemon.credentials import KeyringUnavailable, MemoryCredentials
from daemon.sandbox.journal import JournalEntry
from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.salesforce import oauth
from daemon.sides.salesforce.oauth import TokenSet
from daemon.sides.salesforce.tokens import REFRESH_TOKEN, TokenKeeper
from shared.texts import text
from tests.daemon.sides.salesforce.org_setting import HURRIED, Connect, Connected


def _refreshes(org: Connected) -> list[JournalEntry]:
    return org.calls("/services/oauth2/token")


def _fresh(org: Connected, credentials: Any = None) -> TokenKeeper:
    """The keeper of a daemon that has just started."""
    client_id = org.sandbox.people()["client_id"]

    async def sleep(seconds: float) -> None:
        org.slept.append(seconds)
        await asyncio.sleep(0.05)

    return TokenKeeper(credentials or org.credentials, org.sandbox.url, client_id, patience=HURRIED, sleep=sleep)


async def test_a_rotated_token_is_stored_and_the_old_one_never_used_again(org: Connected) -> None:
    stored = [org.credentials.get(REFRESH_TOKEN)]
    for _ in range(3):
        org.sandbox.expire_sessions()
        assert (await org.observe()).coverage.complete
        stored.append(org.credentials.get(REFRESH_TOKEN))
    assert len(set(stored)) == 4
    assert [call.status for call in _refreshes(org)] == [200, 200, 200]


async def test_without_rotation_the_stored_token_stays(connect: Connect) -> None:
    org: Connected = await connect(rotation=False)
    before = org.credentials.get(REFRESH_TOKEN)
    await org.side.open()
    org.sandbox.expire_sessions()
    await org.observe()
    assert org.credentials.get(REFRESH_TOKEN) == before


async def test_many_at_once_make_one_refresh(org: Connected) -> None:
    keeper = _fresh(org)
    first = await asyncio.gather(*(keeper.access() for _ in range(10)))
    assert len(set(first)) == 1
    assert len(_refreshes(org)) == 1
    renewed = await asyncio.gather(*(keeper.renew(first[0]) for _ in range(10)))
    assert len(set(renewed)) == 1
    assert renewed[0].access_token != first[0].access_token
    assert len(_refreshes(org)) == 2


class Noting(MemoryCredentials):
    """A store that notes what had reached the server when a token was stored."""

    def __init__(self, org: Connected) -> None:
        super().__init__()
        self._org = org
        self.reached: list[int] = []

    def set(self, name: str, secret: str) -> None:
        self.reached.append(len(self._org.calls("/services/data")))
        super().set(name, secret)


async def test_two_keepers_over_one_store_refresh_one_after_the_other(org: Connected) -> None:
    """After a change of settings; the second would kill the sign-in by using the first one's dead token."""
    first, second = _fresh(org), _fresh(org)
    tokens = await asyncio.gather(first.access(), second.access())
    assert [call.status for call in _refreshes(org)] == [200, 200]
    assert org.credentials.get(REFRESH_TOKEN) == tokens[1].refresh_token != tokens[0].refresh_token


async def test_the_new_token_is_stored_before_the_access_token_is_used(connect: Connect) -> None:
    org: Connected = await connect()
    store = Noting(org)
    store.set(REFRESH_TOKEN, org.credentials.get(REFRESH_TOKEN) or "")
    org.account.tokens._credentials = store
    await org.side.open()
    assert store.reached == [0, 0], "nothing was called with the new access token before it was stored"


class Failing(MemoryCredentials):
    """A store that is locked for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = False

    def set(self, name: str, secret: str) -> None:
        if self.locked:
            raise KeyringUnavailable(text("keyring.locked"))
        super().set(name, secret)


async def test_a_store_that_locks_loses_no_token(org: Connected) -> None:
    store = Failing()
    store.set(REFRESH_TOKEN, org.credentials.get(REFRESH_TOKEN) or "")
    keeper = _fresh(org, store)
    store.locked = True
    for _ in range(2):
        with pytest.raises(SideUnavailable) as locked:
            await keeper.access()
        assert "locked" in locked.value.text.text
    assert len(_refreshes(org)) == 1, "the dead token is not tried again"
    store.locked = False
    access = await keeper.access()
    assert access.access_token
    assert [call.status for call in _refreshes(org)] == [200, 200]


async def test_a_refresh_that_is_being_processed_is_waited_for_and_its_token_taken(connect: Connect) -> None:
    org: Connected = await connect(refresh_seconds=0.3)
    client_id = org.sandbox.people()["client_id"]
    rotated = asyncio.Event()

    async def sleep(seconds: float) -> None:
        org.slept.append(seconds)
        await rotated.wait()

    keeper = TokenKeeper(org.credentials, org.sandbox.url, client_id, patience=HURRIED, sleep=sleep)
    token = org.credentials.get(REFRESH_TOKEN) or ""
    other = asyncio.create_task(oauth.refresh(org.sandbox.url, client_id, token, HURRIED))
    mine = asyncio.create_task(_when_arrived(org, keeper))
    org.credentials.set(REFRESH_TOKEN, (await other).refresh_token)
    rotated.set()
    assert (await mine).access_token
    assert len(org.slept) == 1, "told that one is being processed, it waited"
    assert org.credentials.get(REFRESH_TOKEN) not in (token, (await other).refresh_token)


async def _when_arrived(org: Connected, keeper: TokenKeeper) -> TokenSet:
    for _ in range(200):
        if _refreshes(org):
            break
        await asyncio.sleep(0.005)
    return await keeper.access()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"error":"invalid_grant","error_description":"token request is already being processed"}', SideUnavailable),
        ('{"error":"invalid_grant","error_description":"expired authorization code"}', SideUnavailable),
        ('{"error":"rate_limit_exceeded","error_description":"too many"}', SideUnavailable),
        ("<html>maintenance</html>", SideUnavailable),
        ("{}", SideUnavailable),
        ("[]", SideUnavailable),
        ('{"error":"invalid_grant","error_description":"expired access/refresh token"}', SignInNeeded),
        ('{"error":"invalid_grant","error_description":"inactive_user"}', SignInNeeded),
        ('{"error":"invalid_grant","error_description":"ip restricted"}', SignInNeeded),
        ('{"error":"invalid_client_id","error_description":"client identifier invalid"}', SignInNeeded),
        ('{"error":"invalid_client","error_description":"app must be installed into org"}', SignInNeeded),
        ('{"error":"something_new","error_description":"never seen"}', SignInNeeded),
    ],
)
async def test_what_is_lost_and_what_passes(org: Connected, body: str, error: type) -> None:
    before = org.credentials.get(REFRESH_TOKEN)
    keeper = _fresh(org)
    org.fail("oauth2/token", "status", status=400, body=body, content_type="application/json", times=20)
    with pytest.raises(error) as raised:
        await keeper.access()
    assert "{" not in raised.value.text.text
    assert org.credentials.get(REFRESH_TOKEN) == before, "nothing is thrown away"
    tried = len(_refreshes(org))
    with pytest.raises(error):
        await keeper.access()
    org.sandbox.faults.clear()
    if error is SignInNeeded:
        assert len(_refreshes(org)) == tried == 1, "a lost sign-in is not tried again and again"
        assert keeper.lost is not None
    else:
        assert (await keeper.access()).access_token


@pytest.mark.parametrize("action", ["cut_before", "truncate"])
async def test_a_network_fault_is_no_lost_sign_in(org: Connected, action: str) -> None:
    keeper = _fresh(org)
    org.fail("oauth2/token", action)
    with pytest.raises(SideUnavailable):
        await keeper.access()
    assert len(_refreshes(org)) == 1, "a token request is a write: not repeated by itself"
    assert keeper.lost is None


async def test_a_revoked_sign_in_asks_for_a_new_one_and_takes_it(org: Connected) -> None:
    org.sandbox.revoke_all()
    with pytest.raises(SignInNeeded) as lost:
        await org.observe()
    assert lost.value.text.code == "salesforce.sign_in_again"
    org.sandbox.faults.clear()
    person = org.sandbox.people()
    await org.account.tokens.adopt(
        TokenSet(person["token"], person["refresh_token"], org.sandbox.url, person["org_id"], person["user_id"])
    )
    assert (await org.observe()).coverage.complete


async def test_the_instance_may_move(org: Connected) -> None:
    address = await org.sandbox.move_instance()
    org.fail("queryAll", "status", status=302, headers={"Location": address})
    assert (await org.observe()).coverage.complete
    assert org.side._client.instance_url == address
    assert len(_refreshes(org)) == 1


async def test_the_instance_may_differ_from_the_login_address(connect: Connect) -> None:
    org: Connected = await connect(instance_split=True)
    assert (await org.side.open()).name == "Jane Doe"
    assert org.side._client.instance_url != org.sandbox.url


async def test_disconnecting_forgets_and_revokes(org: Connected) -> None:
    await org.account.disconnect()
    assert not await org.account.connected()
    (call,) = org.calls("/services/oauth2/revoke")
    assert call.status == 200
    with pytest.raises(SignInNeeded) as gone:
        await org.observe()
    assert gone.value.text.code == "salesforce.not_connected"


@pytest.mark.parametrize("fault", [{"action": "cut_before"}, {"action": "status", "status": 503, "body": "<html/>"}])
async def test_disconnecting_without_salesforce_still_forgets_and_says_so(
    org: Connected, fault: dict[str, Any]
) -> None:
    org.fail("oauth2/revoke", **fault)
    with pytest.raises(SideUnavailable):
        await org.account.disconnect()
    assert not await org.account.connected()


async def test_disconnecting_a_sign_in_that_is_dead_there_is_no_trouble(org: Connected) -> None:
    org.sandbox.revoke_all()
    await org.account.disconnect()
    assert not await org.account.connected()


async def test_a_client_id_is_needed(org: Connected) -> None:
    keeper = TokenKeeper(org.credentials, org.sandbox.url, "", patience=HURRIED)
    with pytest.raises(SignInNeeded) as needed:
        await keeper.access()
    assert needed.value.text.code == "salesforce.no_client_id"
