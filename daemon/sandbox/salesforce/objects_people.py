"""User, Organization, Contact and Lead as tables of fields.

Facts: the recorded describes of a real org for Contact (59 fields) and Lead (54), the recorded organization row,
documentation for User.
"""

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
from daemon.sandbox.salesforce.objects_activity import ZONE_CHOICES

LOCALES = choices("en_US=English (United States)", "en_GB=English (United Kingdom)", "de_DE=German (Germany)")
LANGUAGES = choices("en_US=English", "de=German", "fr=French")
ENCODINGS = choices("*UTF-8=Unicode (UTF-8)", "ISO-8859-1=General US & Western Europe (ISO-8859-1)")
SOURCES = choices("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
CLEAN = choices(
    *("Matched=In Sync", "Different", "Acknowledged=Reviewed", "NotFound=Not Found", "Inactive"),
    *("Pending=Not Compared", "SelectMatch=Select Match", "Skipped"),
)
INDUSTRIES = choices(
    *(
        "Agriculture",
        "Apparel",
        "Banking",
        "Biotechnology",
        "Chemicals",
        "Communications",
        "Construction",
        "Consulting",
    ),
    *("Education", "Electronics", "Energy", "Engineering", "Entertainment", "Environmental", "Finance"),
    *("Food & Beverage", "Government", "Healthcare", "Hospitality", "Insurance", "Machinery", "Manufacturing", "Media"),
    *("Not For Profit", "Recreation", "Retail", "Shipping", "Technology", "Telecommunications", "Transportation"),
    *("Utilities", "Other"),
)
LEAD_STATES = choices("*Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
RATINGS = choices("Hot", "Warm", "Cold")


def _person_name(*greetings: str) -> tuple[Field, ...]:
    """The three parts of a person's name and the compound."""
    more = {"compound": "Name", "extra": "personname"}
    return (
        text("LastName", "Last Name", 80, "cufsga", **more),
        text("FirstName", "First Name", 40, "cunfsga", **more),
        picklist("Salutation", "Salutation", 40, "cunfsga", choices=choices(*greetings), **more),
        text("Name", "Full Name", 121, "fsgaN", extra="personname"),
    )


CONTACT_FIELDS: tuple[Field, ...] = (
    record_id("Contact ID"),
    DELETED_FIELD,
    reference("MasterRecordId", "Master Record ID", "nfsga", ("Contact",), "MasterRecord"),
    reference("AccountId", "Account ID", "cunfsgaPS", ("Account",), "Account"),
    *_person_name("Mr.", "Ms.", "Mrs.", "Dr.", "Prof."),
    *address_block("Other", "Other", "OtherAddress"),
    *address_block("Mailing", "Mailing", "MailingAddress"),
    phone("Phone", "Business Phone", 40, "cunfsgaP"),
    phone("Fax", "Business Fax", 40, "cunfsgaP"),
    phone("MobilePhone", "Mobile Phone", 40, "cunfsgaP"),
    phone("HomePhone", "Home Phone", 40, "cunfsgaP"),
    phone("OtherPhone", "Other Phone", 40, "cunfsgaP"),
    phone("AssistantPhone", "Asst. Phone", 40, "cunfsgaP"),
    reference("ReportsToId", "Reports To ID", "cunfsgaPS", ("Contact",), "ReportsTo"),
    email("Email", "Email", 80, "cunfsgaiP"),
    text("Title", "Title", 128, "cunfsgaP"),
    text("Department", "Department", 80, "cunfsgaP"),
    text("AssistantName", "Assistant's Name", 40, "cunfsgaP"),
    picklist("LeadSource", "Lead Source", 255, "cunfsgaP", choices=SOURCES),
    day("Birthdate", "Birthdate", "cunfsgaP"),
    textarea("Description", "Contact Description", 32000, "cunP", extra="plaintextarea"),
    reference("OwnerId", "Owner ID", "cufsgad", ("User",), "Owner"),
    *AUDIT_FIELDS,
    day("LastActivityDate", "Last Activity", "nfsga"),
    moment("LastCURequestDate", "Last Stay-in-Touch Request Date", "nfsa"),
    moment("LastCUUpdateDate", "Last Stay-in-Touch Save Date", "nfsa"),
    moment("LastViewedDate", "Last Viewed Date", "nfsa"),
    moment("LastReferencedDate", "Last Referenced Date", "nfsa"),
    text("EmailBouncedReason", "Email Bounced Reason", 255, "cunfsga"),
    moment("EmailBouncedDate", "Email Bounced Date", "cunfsa"),
    boolean("IsEmailBounced", "Is Email Bounced", "fsgd"),
    url("PhotoUrl", "Photo URL", 255, "nfsga", extra="imageurl"),
    text("Jigsaw", "Data.com Key", 20, "cunfsgaP"),
    text("JigsawContactId", "Jigsaw Contact ID", 20, "nfsga", rel="JigsawContact"),
    picklist("CleanStatus", "Clean Status", 40, "cunfsgarP", choices=CLEAN),
    reference("IndividualId", "Individual ID", "cunfsgaS", ("Individual",), "Individual"),
)
CONTACT = SObject(
    "Contact", "Contact", "Contacts", "003", CONTACT_FIELDS, traits("feedEnabled", "mergeable"), child_name="Contacts"
)

LEAD_FIELDS: tuple[Field, ...] = (
    record_id("Lead ID"),
    DELETED_FIELD,
    reference("MasterRecordId", "Master Record ID", "nfsga", ("Lead",), "MasterRecord"),
    *_person_name("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."),
    text("Title", "Title", 128, "cunfsgaP"),
    text("Company", "Company", 255, "cufsga"),
    *address_block("", "", "Address"),
    phone("Phone", "Phone", 40, "cunfsgaP"),
    phone("MobilePhone", "Mobile Phone", 40, "cunfsgaP"),
    phone("Fax", "Fax", 40, "cunfsgaP"),
    email("Email", "Email", 80, "cunfsgaiP"),
    url("Website", "Website", 255, "cunfsgaP"),
    url("PhotoUrl", "Photo URL", 255, "nfsga", extra="imageurl"),
    textarea("Description", "Description", 32000, "cunP", extra="plaintextarea"),
    picklist("LeadSource", "Lead Source", 255, "cunfsgaP", choices=SOURCES),
    picklist("Status", "Status", 255, "cufsgad", choices=LEAD_STATES, default="Open - Not Contacted"),
    picklist("Industry", "Industry", 255, "cunfsgaP", choices=INDUSTRIES),
    picklist("Rating", "Rating", 255, "cunfsgaP", choices=RATINGS),
    number("AnnualRevenue", "Annual Revenue", "currency", 18, 0, "cunfsaP"),
    integer("NumberOfEmployees", "Employees", 8, "cunfsgaP"),
    reference("OwnerId", "Owner ID", "cufsgadpm", ("Group", "User"), "Owner"),
    boolean("IsConverted", "Converted", "cfsgd"),
    day("ConvertedDate", "Converted Date", "nfsga"),
    reference("ConvertedAccountId", "Converted Account ID", "nfsgaS", ("Account",), "ConvertedAccount"),
    reference("ConvertedContactId", "Converted Contact ID", "nfsgaS", ("Contact",), "ConvertedContact"),
    reference("ConvertedOpportunityId", "Converted Opportunity ID", "nfsgaS", ("Opportunity",), "ConvertedOpportunity"),
    boolean("IsUnreadByOwner", "Unread By Owner", "cufsgd"),
    *AUDIT_FIELDS,
    day("LastActivityDate", "Last Activity", "nfsga"),
    moment("LastViewedDate", "Last Viewed Date", "nfsa"),
    moment("LastReferencedDate", "Last Referenced Date", "nfsa"),
    text("Jigsaw", "Data.com Key", 20, "cunfsgaP"),
    text("JigsawContactId", "Jigsaw Contact ID", 20, "nfsga", rel="JigsawContact"),
    picklist("CleanStatus", "Clean Status", 40, "cunfsgarP", choices=CLEAN),
    text("CompanyDunsNumber", "Company D-U-N-S Number", 9, "cunfsgaP"),
    reference("DandbCompanyId", "D&B Company ID", "cunfsgaPS", ("DandBCompany",), "DandbCompany"),
    text("EmailBouncedReason", "Email Bounced Reason", 255, "unfsga"),
    moment("EmailBouncedDate", "Email Bounced Date", "unfsa"),
    reference("IndividualId", "Individual ID", "cunfsgaS", ("Individual",), "Individual"),
)
LEAD = SObject("Lead", "Lead", "Leads", "00Q", LEAD_FIELDS, traits("feedEnabled", "mergeable"), child_name="Leads")

USER_FIELDS: tuple[Field, ...] = (
    record_id("User ID"),
    text("Username", "Username", 80, "cufsgai"),
    text("LastName", "Last Name", 80, "cufsga", compound="Name", extra="personname"),
    text("FirstName", "First Name", 40, "cunfsga", compound="Name", extra="personname"),
    text("Name", "Full Name", 121, "fsgaN", extra="personname"),
    text("CompanyName", "Company Name", 80, "cunfsga"),
    text("Department", "Department", 80, "cunfsga"),
    text("Title", "Title", 80, "cunfsga"),
    *address_block("", "", "Address", ""),
    email("Email", "Email", 128, "cufsgai"),
    phone("Phone", "Phone", 40, "cunfsga"),
    phone("MobilePhone", "Mobile", 40, "cunfsga"),
    text("Alias", "Alias", 8, "cufsga"),
    text("CommunityNickname", "Nickname", 40, "cufsgaU"),
    boolean("IsActive", "Active", "cufsgd"),
    picklist("TimeZoneSidKey", "Time Zone", 40, "cufsgadr", choices=ZONE_CHOICES, default="America/Los_Angeles"),
    picklist("LocaleSidKey", "Locale", 40, "cufsgadr", choices=LOCALES, default="en_US"),
    picklist("EmailEncodingKey", "Email Encoding", 40, "cufsgadr", choices=ENCODINGS, default="UTF-8"),
    picklist("LanguageLocaleKey", "Language", 40, "cufsgadr", choices=LANGUAGES, default="en_US"),
    reference("ProfileId", "Profile ID", "cunfsga", ("Profile",), "Profile"),
    picklist(
        "UserType",
        "User Type",
        40,
        "nfsgar",
        choices=choices("Standard", "CsnOnly=Chatter Free User"),
        default="Standard",
    ),
    text("EmployeeNumber", "Employee Number", 20, "cunfsga"),
    reference("ManagerId", "Manager ID", "cunfsga", ("User",), "Manager"),
    moment("LastLoginDate", "Last Login", "nfsa"),
    *AUDIT_FIELDS,
    url("FullPhotoUrl", "Url for full-sized Photo", 1024, "nfs", extra="imageurl"),
    url("SmallPhotoUrl", "Url for Thumbnail sized Photo", 1024, "nfs", extra="imageurl"),
)
USER = SObject(
    "User",
    "User",
    "Users",
    "005",
    USER_FIELDS,
    traits("feedEnabled", without=("deletable", "undeletable")),
    child_name="Users",
)

#: What others may do with a person's rows where nothing else is said: object, usual value, other values.
_SHARING_DEFAULTS = (
    ("Account", "Edit", "None", "Read"),
    ("Contact", "ControlledByParent", "None", "Read", "Edit"),
    ("Opportunity", "Edit", "None", "Read"),
    ("Lead", "ReadEditTransfer", "None", "Read", "Edit"),
    ("Case", "ReadEditTransfer", "None", "Read", "Edit"),
    ("Calendar", "HideDetailsInsert", "HideDetails", "ShowDetails", "ShowDetailsInsert", "AllowEdits"),
    ("Pricebook", "ReadSelect", "None", "Read"),
    ("Campaign", "All", "None", "Read", "Edit"),
)
ORGANIZATION_FIELDS: tuple[Field, ...] = (
    record_id("Organization ID"),
    text("Name", "Name", 80, "ufsgaN"),
    text("Division", "Division", 80, "unfsga"),
    *address_block("", "", "Address", ""),
    phone("Phone", "Phone", 40, "unfsga"),
    phone("Fax", "Fax", 40, "unfsga"),
    text("PrimaryContact", "Primary Contact", 80, "unfsga"),
    picklist("DefaultLocaleSidKey", "Locale", 40, "ufsgar", choices=LOCALES, default="en_US"),
    picklist("TimeZoneSidKey", "Time Zone", 40, "ufsgar", choices=ZONE_CHOICES, default="America/Los_Angeles"),
    picklist("LanguageLocaleKey", "Language", 40, "ufsgar", choices=LANGUAGES, default="en_US"),
    boolean("ReceivesInfoEmails", "Info Emails", "ufsgd"),
    boolean("ReceivesAdminInfoEmails", "Info Emails Admin", "ufsgd"),
    *(
        boolean(f"Preferences{name}", name, "ufsg")
        for name in (
            *("RequireOpportunityProducts", "TransactionSecurityPolicy", "TerminateOldestSession"),
            *("ConsentManagementEnabled", "AutoSelectIndividualOnMerge", "LightningLoginEnabled"),
            "OnlyLLPermUserAllowed",
        )
    ),
    integer("FiscalYearStartMonth", "Fiscal Year Starts In", 2, "nfsga", default=1),
    boolean("UsesStartDateAsFiscalYearName", "Fiscal Year Name by Start", "fsgd"),
    *(
        picklist(
            f"Default{name}Access",
            f"Default {name} Access",
            40,
            "nfsgar",
            choices=choices(usual, *others),
            default=usual,
        )
        for name, usual, *others in _SHARING_DEFAULTS
    ),
    url("DelegatedAuthenticationServiceUrl", "Delegated Authentication Service URL", 255, "nfsga"),
    moment("SystemModstamp", "System Modstamp", "fsda"),
    email("ComplianceBccEmail", "Compliance BCC Email", 80, "nfsga"),
    picklist("UiSkin", "UI Skin", 40, "unfsgar", choices=choices("*Theme3"), default="Theme3"),
    text("SignupCountryIsoCode", "Signup Country", 2, "nfsga"),
    moment("TrialExpirationDate", "Trial Expiration Date", "nfsa"),
    integer("NumKnowledgeService", "Knowledge Licenses", 9, "nfsga", default=0),
    picklist("OrganizationType", "Edition", 40, "nfsgar", choices=choices("Developer Edition", "Enterprise Edition")),
    text("NamespacePrefix", "Namespace Prefix", 15, "nfsga"),
    text("InstanceName", "Instance Name", 5, "nfsga"),
    boolean("IsSandbox", "Is Sandbox", "fsgd"),
    picklist(
        "WebToCaseDefaultOrigin", "Web to Cases Default Origin", 40, "unfsga", choices=choices("*Web"), default="Web"
    ),
    integer("MonthlyPageViewsUsed", "Monthly Page Views Used", 9, "nfsga", default=0),
    integer("MonthlyPageViewsEntitlement", "Monthly Page Views Allowed", 9, "nfsga", default=0),
    boolean("IsReadOnly", "Is Read Only", "fsgd"),
    *(f for f in AUDIT_FIELDS if f.name != "SystemModstamp"),
)
ORGANIZATION = SObject(
    "Organization",
    "Organization",
    "Organizations",
    "00D",
    ORGANIZATION_FIELDS,
    READ_TRAITS | {"updateable", "replicateable"},
)
