"""Account, Opportunity, Case, RecordType, Profile and the custom objects as tables of fields (from documentation)."""

from __future__ import annotations

from daemon.sandbox.salesforce.fields import (
    AUDIT_FIELDS,
    DELETED_FIELD,
    READ_TRAITS,
    Field,
    SObject,
    address_block,
    boolean,
    choices,
    day,
    email,
    integer,
    moment,
    number,
    phone,
    picklist,
    record_id,
    reference,
    text,
    textarea,
    traits,
    url,
)
from daemon.sandbox.salesforce.objects_people import INDUSTRIES, RATINGS, SOURCES

OWNER = reference("OwnerId", "Owner ID", "cufsgad", ("User",), "Owner")
SEEN = (
    moment("LastViewedDate", "Last Viewed Date", "nfsa"),
    moment("LastReferencedDate", "Last Referenced Date", "nfsa"),
)
ACCOUNT_TYPES = choices("Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner", "Other")

ACCOUNT_FIELDS: tuple[Field, ...] = (
    record_id("Account ID"),
    DELETED_FIELD,
    reference("MasterRecordId", "Master Record ID", "nfsga", ("Account",), "MasterRecord"),
    text("Name", "Account Name", 255, "cufsgaN", extra="switchablepersonname"),
    picklist("Type", "Account Type", 255, "cunfsgaP", choices=ACCOUNT_TYPES),
    reference("ParentId", "Parent Account ID", "cunfsgaPS", ("Account",), "Parent"),
    *address_block("Billing", "Billing", "BillingAddress"),
    *address_block("Shipping", "Shipping", "ShippingAddress"),
    phone("Phone", "Account Phone", 40, "cunfsgaP"),
    phone("Fax", "Account Fax", 40, "cunfsgaP"),
    text("AccountNumber", "Account Number", 40, "cunfsgaP"),
    url("Website", "Website", 255, "cunfsgaP"),
    text("Sic", "SIC Code", 20, "cunfsgaP"),
    picklist("Industry", "Industry", 255, "cunfsgaP", choices=INDUSTRIES),
    number("AnnualRevenue", "Annual Revenue", "currency", 18, 0, "cunfsaP"),
    integer("NumberOfEmployees", "Employees", 8, "cunfsgaP"),
    picklist("Ownership", "Ownership", 255, "cunfsgaP", choices=choices("Public", "Private", "Subsidiary", "Other")),
    text("TickerSymbol", "Ticker Symbol", 20, "cunfsgaP"),
    textarea("Description", "Account Description", 32000, "cunP", extra="plaintextarea"),
    picklist("Rating", "Account Rating", 255, "cunfsgaP", choices=RATINGS),
    text("Site", "Account Site", 80, "cunfsgaP"),
    OWNER,
    *AUDIT_FIELDS,
    day("LastActivityDate", "Last Activity", "nfsga"),
    *SEEN,
    picklist("AccountSource", "Account Source", 255, "cunfsgaP", choices=SOURCES),
)
ACCOUNT = SObject(
    "Account",
    "Account",
    "Accounts",
    "001",
    ACCOUNT_FIELDS,
    traits("feedEnabled", "mergeable"),
    child_name="ChildAccounts",
)

STAGES = choices(
    *(
        "Prospecting",
        "Qualification",
        "Needs Analysis",
        "Value Proposition",
        "Id. Decision Makers",
        "Perception Analysis",
    ),
    *("Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost"),
)
FORECASTS = choices("Omitted", "Pipeline", "BestCase=Best Case", "Forecast=Commit", "Closed")
FORECAST_NAMES = choices("Omitted", "Pipeline", "Best Case", "Commit", "Closed")
OPPORTUNITY_FIELDS: tuple[Field, ...] = (
    record_id("Opportunity ID"),
    DELETED_FIELD,
    reference("AccountId", "Account ID", "cunfsgaPS", ("Account",), "Account"),
    boolean("IsPrivate", "Private", "cufsgd"),
    text("Name", "Name", 120, "cufsgaN"),
    textarea("Description", "Description", 32000, "cunP", extra="plaintextarea"),
    picklist("StageName", "Stage", 255, "cufsga", choices=STAGES),
    number("Amount", "Amount", "currency", 18, 2, "cunfsaP"),
    number("Probability", "Probability (%)", "percent", 3, 0, "cunfsaP"),
    number("ExpectedRevenue", "Expected Amount", "currency", 18, 2, "nfsaP"),
    number("TotalOpportunityQuantity", "Quantity", "double", 18, 2, "cunfsaP"),
    day("CloseDate", "Close Date", "cufsga"),
    picklist("Type", "Opportunity Type", 255, "cunfsgaP", choices=choices("Existing Business", "New Business")),
    text("NextStep", "Next Step", 255, "cunfsgaP"),
    picklist("LeadSource", "Lead Source", 255, "cunfsgaP", choices=SOURCES),
    boolean("IsClosed", "Closed", "fsgd"),
    boolean("IsWon", "Won", "fsgd"),
    picklist("ForecastCategory", "Forecast Category", 40, "fsgar", choices=FORECASTS),
    picklist("ForecastCategoryName", "Forecast Category", 255, "cunfsgar", choices=FORECAST_NAMES),
    OWNER,
    *AUDIT_FIELDS,
    day("LastActivityDate", "Last Activity", "nfsga"),
    integer("FiscalQuarter", "Fiscal Quarter", 9, "nfsga"),
    integer("FiscalYear", "Fiscal Year", 9, "nfsga"),
    text("Fiscal", "Fiscal Period", 6, "nfsga"),
    *SEEN,
)
OPPORTUNITY = SObject(
    "Opportunity",
    "Opportunity",
    "Opportunities",
    "006",
    OPPORTUNITY_FIELDS,
    traits("feedEnabled"),
    child_name="Opportunities",
)

CASE_STATES = choices("*New", "Working", "Escalated", "Closed")
CASE_FIELDS: tuple[Field, ...] = (
    record_id("Case ID"),
    DELETED_FIELD,
    text("CaseNumber", "Case Number", 30, "fsgaNiA"),
    reference("ContactId", "Contact ID", "cunfsgaPS", ("Contact",), "Contact"),
    reference("AccountId", "Account ID", "cunfsgaPS", ("Account",), "Account"),
    email("SuppliedEmail", "Email Address", 80, "cunfsga"),
    picklist("Status", "Status", 255, "cunfsgad", choices=CASE_STATES, default="New"),
    picklist("Priority", "Priority", 255, "cunfsgad", choices=choices("High", "*Medium", "Low"), default="Medium"),
    text("Subject", "Subject", 255, "cunfsgaP"),
    textarea("Description", "Description", 32000, "cunP", extra="plaintextarea"),
    boolean("IsClosed", "Closed", "fsgd"),
    OWNER,
    *AUDIT_FIELDS,
)
CASE = SObject("Case", "Case", "Cases", "500", CASE_FIELDS, traits("feedEnabled"), child_name="Cases")

RECORD_TYPE_FIELDS: tuple[Field, ...] = (
    record_id("Record Type ID"),
    text("Name", "Name", 80, "fsgaN"),
    text("DeveloperName", "Record Type Name", 80, "fsga"),
    text("SobjectType", "SObject Type Name", 40, "fsga"),
    boolean("IsActive", "Active", "fsgd"),
    *AUDIT_FIELDS,
)
RECORD_TYPE = SObject("RecordType", "Record Type", "Record Types", "012", RECORD_TYPE_FIELDS, READ_TRAITS)
PROFILE_FIELDS: tuple[Field, ...] = (record_id("Profile ID"), text("Name", "Name", 255, "fsgaN"), *AUDIT_FIELDS)
PROFILE = SObject("Profile", "Profile", "Profile", "00e", PROFILE_FIELDS, READ_TRAITS)


def _custom(name: str, label: str, prefix: str, *own: Field) -> SObject:
    """An object made by an administrator: Name and the standard fields, then its own."""
    table = (
        record_id("Record ID"),
        OWNER,
        DELETED_FIELD,
        text("Name", f"{label} Name", 80, "cunfsgaNi"),
        *AUDIT_FIELDS,
        *SEEN,
        *own,
    )
    return SObject(name, label, f"{label}s", prefix, table, traits())


UPSERT_TABLE = _custom(
    "UpsertTable__c",
    "UpsertTable",
    "a00",
    text("ExtId__c", "External Id", 255, "cunfsgaixP"),
    number("Amount__c", "Amount", "double", 18, 2, "cunfsaP"),
)
BIG_TABLE = _custom("BigTable__c", "BigTable", "a01")
