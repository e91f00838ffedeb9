"""The people, the organization row and the few business records that every org of the sandbox starts with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.engine import Engine
from daemon.sandbox.salesforce.fields import Row


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the org with what they sign in with."""

    user_id: str
    username: str
    password: str
    name: str
    administrator: bool = False


PASSWORD = "sandbox-password"
#: First name, last name, title; the last one is the administrator.
_STAFF = (
    ("Jane", "Doe", "Account Executive"),
    ("Priya", "Nair", "Sales Manager"),
    ("Tom", "Becker", "Sales Engineer"),
    ("Ada", "Admin", "System Administrator"),
)
_ACCOUNTS = (
    ("Acme Harbour Works", "Hamburg", "Prospect"),
    ("Birch & Sons", "Leeds", "Customer - Direct"),
    ("Cedar Logistics", "Austin", "Customer - Direct"),
)
_CONTACTS = (("Mara", "Lindt", 0), ("Jon", "Okafor", 0), ("Elsa", "Birch", 1), ("Sam", "Ortega", 2))
_OPPORTUNITIES = (
    ("Crane refit", 0, "Proposal/Price Quote", 45),
    ("Yard software", 0, "Qualification", 120),
    ("Spare parts 2027", 1, "Negotiation/Review", 20),
    ("Depot scanners", 2, "Closed Won", -30),
)


def found_org(engine: Engine, org_id: str, time_zone: str, big_table: int) -> tuple[Person, ...]:
    """Write the organization, its people and its sample records; return the people, the administrator last."""
    system = Caller("", system=True)
    profile = engine.insert("Profile", {"Name": "Standard User"}, system)
    people = tuple(_hire(engine, profile, staff, time_zone) for staff in _STAFF)
    now = engine.clock.stamp()
    organization: Row = {f.name: f.default for f in engine.need("Organization").all_fields}
    organization |= {
        "Id": org_id,
        "Name": "Daybridge Sandbox",
        "OrganizationType": "Developer Edition",
        "InstanceName": "DB1",
        "IsSandbox": True,
        "Country": "DE",
        "PrimaryContact": people[-1].name,
        "TimeZoneSidKey": time_zone,
        "CreatedDate": now,
        "LastModifiedDate": now,
        "SystemModstamp": now,
        "CreatedById": people[-1].user_id,
        "LastModifiedById": people[-1].user_id,
        "SignupCountryIsoCode": "DE",
        "PreferencesConsentManagementEnabled": True,
        "PreferencesLightningLoginEnabled": True,
    }
    engine.store.put("Organization", organization)
    _sample_records(engine, Caller(people[0].user_id, system=True), big_table)
    return people


def _hire(engine: Engine, profile: str, staff: tuple[str, str, str], time_zone: str) -> Person:
    first, last, title = staff
    username = f"{first}.{last}@sales.example.com".lower()
    fields: dict[str, Any] = {
        "FirstName": first,
        "LastName": last,
        "Title": title,
        "Username": username,
        "Email": f"{first}.{last}@example.com".lower(),
        "Alias": f"{first[0]}{last}"[:8].lower(),
        "CommunityNickname": f"{first}{last}".lower(),
        "IsActive": True,
        "TimeZoneSidKey": time_zone,
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "UserType": "Standard",
        "ProfileId": profile,
    }
    user_id = engine.insert("User", fields, Caller("", system=True))
    return Person(user_id, username, PASSWORD, f"{first} {last}", administrator=staff is _STAFF[-1])


def _sample_records(engine: Engine, caller: Caller, big_table: int) -> None:
    """A handful of accounts, contacts and opportunities, and many rows of one custom object for paging."""
    today = engine.clock.now().date()
    accounts = [
        engine.insert("Account", {"Name": name, "BillingCity": city, "Type": kind}, caller)
        for name, city, kind in _ACCOUNTS
    ]
    for first, last, account in _CONTACTS:
        email = f"{first}.{last}@example.net".lower()
        who = {"FirstName": first, "LastName": last, "Email": email, "AccountId": accounts[account]}
        engine.insert("Contact", who, caller)
    for name, account, stage, days in _OPPORTUNITIES:
        closes = (today + timedelta(days=days)).isoformat()
        deal = {"Name": name, "AccountId": accounts[account], "StageName": stage, "CloseDate": closes}
        engine.insert("Opportunity", deal, caller)
    _fill_big_table(engine, caller, big_table)


def _fill_big_table(engine: Engine, caller: Caller, count: int) -> None:
    """Write the first row by the rules and the others as its copies, as a load of thousands of like rows leaves them."""
    if not count:
        return
    name = "BigTable__c"
    first = engine.insert(name, {"Name": "Row 00000"}, caller)
    pattern, prefix = engine.store.get(name, first), engine.need(name).prefix

    def copies() -> Iterator[Row]:
        for number in range(1, count):
            yield {**(pattern or {}), "Id": engine.store.ids.new(prefix), "Name": f"Row {number:05}"}

    engine.store.later(name, copies)
