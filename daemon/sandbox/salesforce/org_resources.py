"""What an org says about itself: versions, resources, limits, recently seen records, tabs, theme, who is asking."""

from __future__ import annotations

from typing import Any

from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.people import Person
from daemon.sandbox.salesforce.values import show

#: The oldest version that is listed and the newest; older ones down to OLDEST_ALIVE still answer.
OLDEST_LISTED, NEWEST, OLDEST_ALIVE = 41, 68, 31
_SEASONS = ("Spring", "Summer", "Winter")
_RESOURCES = (
    *(
        "tooling",
        "metadata",
        "composite",
        "limits",
        "query",
        "queryAll",
        "recent",
        "search",
        "sobjects",
        "tabs",
        "theme",
    ),
    *("actions", "process", "support"),
)
_SERVED = frozenset({"composite", "limits", "query", "queryAll", "recent", "search", "sobjects", "tabs", "theme"})
#: Limits of a developer org that nothing in the sandbox uses up: name -> maximum.
_IDLE_LIMITS = {
    "ConcurrentAsyncGetReportInstances": 200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 1_000,
    "DataStorageMB": 1_024,
    "FileStorageMB": 1_024,
    "HourlyAsyncReportRuns": 1_200,
    "HourlyDashboardRefreshes": 200,
    "MassEmail": 10,
    "SingleEmail": 15,
    "StreamingApiConcurrentClients": 20,
}


def version_list() -> list[dict[str, str]]:
    """Return the versions as GET /services/data lists them."""
    return [
        {
            "label": f"{_SEASONS[(n - 41) % 3 - 1]} '{18 + (n - 42) // 3 + (n % 3 == 2)}",
            "url": f"/services/data/v{n}.0",
            "version": f"{n}.0",
        }
        for n in range(OLDEST_LISTED, NEWEST + 1)
    ]


def resources(org: Org, request: ApiRequest) -> ApiReply:
    """GET /services/data/vXX.X: where the resources are."""
    root = f"/services/data/v{request.version}"
    body = {name: f"{root}/{name}" for name in _RESOURCES if name in _SERVED}
    body["identity"] = f"{request.base}/id/{org.org_id}/{request.caller.user_id}"
    return ApiReply(200, body)


def limits(org: Org, _request: ApiRequest) -> ApiReply:
    """GET /limits, consistent with Sforce-Limit-Info."""
    body: dict[str, Any] = {name: {"Max": most, "Remaining": most} for name, most in _IDLE_LIMITS.items()}
    most = org.options.api_limit
    body["DailyApiRequests"] = {"Max": most, "Remaining": max(most - org.used_calls(), 0)}
    return ApiReply(200, dict(sorted(body.items())))


def recent(org: Org, request: ApiRequest) -> ApiReply:
    """GET /recent?limit=n."""
    said = request.query.get("limit", "200")
    most = int(said) if said.isdecimal() else 200
    shown = []
    for entry in org.recent(request.caller.user_id)[:most]:
        kind, row = entry["object"], entry["row"]
        fields = tuple(f for f in (kind.field("Id"), kind.name_field) if f is not None)
        shown.append(org.view.record(kind, row, request.version, fields))
    return ApiReply(200, shown)


def tabs(org: Org, request: ApiRequest) -> ApiReply:
    """GET /tabs: one tab per object that people work with."""
    shown = [
        {
            "colors": [],
            "custom": o.name.endswith("__c"),
            "iconUrl": f"{request.base}/img/icon/{o.name.lower()}.png",
            "icons": [],
            "label": o.plural,
            "miniIconUrl": f"{request.base}/img/icon/{o.name.lower()}16.png",
            "name": f"standard-{o.name}",
            "sobjectName": o.name,
            "url": f"{request.base}/{o.prefix}/o",
        }
        for o in org.schema.objects
        if "layoutable" in o.traits
    ]
    return ApiReply(200, shown)


def theme(org: Org, request: ApiRequest) -> ApiReply:
    """GET /theme: the colour and icon of each object's tab."""
    shown = [
        {
            "colors": [{"color": "7F8DE1", "context": "primary", "theme": "theme4"}],
            "icons": [
                {
                    "contentType": "image/png",
                    "height": 32,
                    "theme": "theme4",
                    "url": f"{request.base}/img/icon/{o.name.lower()}.png",
                    "width": 32,
                }
            ],
            "name": o.name,
        }
        for o in org.schema.objects
        if "layoutable" in o.traits
    ]
    return ApiReply(200, {"themeItems": shown})


def identity(org: Org, person: Person, base: str) -> dict[str, Any]:
    """Return the identity document; its `id` starts with https:// even where the sandbox speaks http, as clients check."""
    row = org.store.get("User", person.user_id) or {}
    secure = "https://" + base.partition("://")[2]
    rest = f"{base}/services/data/v{{version}}/"
    photo = f"{base}/profilephoto/005"
    return {
        "id": f"{secure}/id/{org.org_id}/{person.user_id}",
        "asserted_user": True,
        "user_id": person.user_id,
        "organization_id": org.org_id,
        "username": person.username,
        "nick_name": row["CommunityNickname"],
        "display_name": person.name,
        "email": row["Email"],
        "email_verified": True,
        "first_name": row["FirstName"],
        "last_name": row["LastName"],
        "timezone": row["TimeZoneSidKey"],
        "photos": {"picture": f"{photo}/F", "thumbnail": f"{photo}/T"},
        "addr_street": None,
        "addr_city": None,
        "addr_state": None,
        "addr_country": "DE",
        "addr_zip": None,
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": {
            "rest": rest,
            "sobjects": f"{rest}sobjects/",
            "search": f"{rest}search/",
            "query": f"{rest}query/",
            "recent": f"{rest}recent/",
            "profile": f"{base}/{person.user_id}",
            "custom_domain": base,
        },
        "active": bool(row["IsActive"]),
        "user_type": "STANDARD",
        "language": row["LanguageLocaleKey"],
        "locale": row["LocaleSidKey"],
        "utcOffset": int(org.clock.now().astimezone(org.zone_of(person.user_id)).utcoffset().total_seconds() * 1000),  # type: ignore[union-attr]
        "last_modified_date": show(row["LastModifiedDate"]),
        "is_app_installed": org.options.app_installed,
    }


def user_info(org: Org, person: Person, base: str) -> dict[str, Any]:
    """Return the OpenID userinfo document."""
    said = identity(org, person, base)
    return {
        "sub": said["id"],
        "user_id": said["user_id"],
        "organization_id": said["organization_id"],
        "preferred_username": said["username"],
        "nickname": said["nick_name"],
        "name": said["display_name"],
        "email": said["email"],
        "email_verified": True,
        "given_name": said["first_name"],
        "family_name": said["last_name"],
        "zoneinfo": said["timezone"],
        "photos": said["photos"],
        "profile": said["urls"]["profile"],
        "picture": said["photos"]["picture"],
        "address": {"country": said["addr_country"]},
        "urls": said["urls"],
        "active": said["active"],
        "user_type": said["user_type"],
        "language": said["language"],
        "locale": said["locale"],
        "utcOffset": said["utcOffset"],
        "updated_at": said["last_modified_date"],
        "is_app_installed": said["is_app_installed"],
    }
