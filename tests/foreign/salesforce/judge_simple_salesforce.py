"""Calls the sandbox through plain simple-salesforce, which speaks https alone. argv: address, token."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)


def refused(kind: type[Exception], call: object, *args: object, **kwargs: object) -> Exception:
    try:
        call(*args, **kwargs)  # type: ignore[operator]
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def judge(url: str, token: str) -> None:
    sf = Salesforce(instance_url=url, session_id=token, version="67.0")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    times = {"StartDateTime": start.isoformat(), "EndDateTime": (start + timedelta(hours=1)).isoformat()}
    made = sf.Event.create({"Subject": "Plain client", **times})
    assert made["success"], made
    assert sf.Event.get(made["id"])["DurationInMinutes"] == 60
    assert sf.Event.update(made["id"], {"Location": "Leeds"}) == 204
    now = datetime.now(UTC)
    window = (now - timedelta(hours=1), now + timedelta(minutes=1))
    assert made["id"] in sf.Event.updated(*window)["ids"]
    found = sf.query("SELECT Id, Owner.Name FROM Event WHERE Subject = 'Plain client'")
    assert [r["Owner"]["Name"] for r in found["records"]] == ["Jane Doe"]
    assert sf.Event.delete(made["id"]) == 204
    assert made["id"] in [r["id"] for r in sf.Event.deleted(*window)["deletedRecords"]]
    assert refused(SalesforceResourceNotFound, sf.Event.get, made["id"]).content[0]["errorCode"] == "ENTITY_IS_DELETED"
    assert len({r["Id"] for r in sf.query_all_iter("SELECT Id FROM BigTable__c")}) == 4500
    assert sf.query_all("SELECT Id FROM Event WHERE Subject = 'Plain client'", include_deleted=True)["totalSize"] == 1

    table = sf.UpsertTable__c
    assert [table.upsert("ExtId__c/k1", {"Name": n}, raw_response=True).status_code for n in "ab"] == [201, 200]
    assert table.get_by_custom_id("ExtId__c", "k1")["Name"] == "b"
    table.create({"Name": "twin", "ExtId__c": "k1"})
    refused(SalesforceMoreThanOneRecord, table.upsert, "ExtId__c/k1", {"Name": "c"})

    rows = [{"attributes": {"type": "Account"}, **fields} for fields in ({"Name": "kept"}, {"Nothing": 1})]
    done = sf.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": rows})
    assert [r["success"] for r in done] == [True, False]
    assert {f["name"]: f for f in sf.Event.describe()["fields"]}["Subject"]["length"] == 255
    assert [r["Name"] for r in sf.search("FIND {Acme} RETURNING Account(Name)")["searchRecords"]] == [
        "Acme Harbour Works"
    ]
    assert sf.limits()["DailyApiRequests"]["Max"] == 15000
    assert (
        refused(SalesforceMalformedRequest, sf.query, "SELECT Nothing FROM Event").content[0]["errorCode"]
        == "INVALID_FIELD"
    )
    refused(
        SalesforceExpiredSession,
        Salesforce(instance_url=url, session_id="gone", version="67.0").query,
        "SELECT Id FROM Event",
    )


judge(*sys.argv[1:])
