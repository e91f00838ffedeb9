"""describe and global describe, made from the tables of fields.

Shapes follow the recorded describe of a real org (Event, Contact, Lead and an excerpt of the global one).
"""

from __future__ import annotations

import hashlib
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import FLAGS, SOAP_TYPES, Field, SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest, http_date
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.schema import Schema

_MASTER = "012000000000000AAA"
#: Properties that no field of ours has.
_ALWAYS: dict[str, Any] = {
    "aiPredictionField": False,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "writeRequiresMasterRead": False,
}
#: Properties of an object that both describes share, true where the object has the trait.
_SUMMARY_TRAITS = (
    *(
        "activateable",
        "createable",
        "customSetting",
        "deepCloneable",
        "deletable",
        "deprecatedAndHidden",
        "feedEnabled",
    ),
    *("hasSubtypes", "isInterface", "isSubtype", "layoutable", "mergeable", "mruEnabled", "queryable", "replicateable"),
    *("retrieveable", "searchable", "triggerable", "undeletable", "updateable"),
)
_SCOPES = (("everything", "All {}"), ("mine", "My {}"))


def describe_field(field: Field) -> dict[str, Any]:
    """Return one field as describe lists it."""
    custom = field.custom
    values = [
        {"active": True, "defaultValue": c.default, "label": c.label, "validFor": None, "value": c.value}
        for c in field.choices
    ]
    own = {
        "byteLength": field.length if field.type in {"id", "reference"} else field.length * 3,
        "compoundFieldName": field.compound,
        "custom": custom,
        "defaultValue": field.default,
        "digits": field.digits,
        "extraTypeInfo": field.extra,
        "label": field.label,
        "length": field.length,
        "name": field.name,
        "picklistValues": values,
        "precision": field.precision,
        "referenceTo": list(field.to),
        "relationshipName": field.rel,
        "scale": field.scale,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "type": field.type,
    }
    flags = {name: field.is_(letter) for letter, name in FLAGS.items()}
    return dict(sorted({**_ALWAYS, **own, **flags}.items()))


def _urls(sobject: SObject, version: str) -> dict[str, str]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}"
    urls = {"rowTemplate": f"{base}/{{ID}}", "describe": f"{base}/describe", "sobject": base}
    if "layoutable" in sobject.traits:
        urls |= {
            "layouts": f"{base}/describe/layouts",
            "compactLayouts": f"{base}/describe/compactLayouts",
        }
    if "layoutable" in sobject.traits and sobject.name not in {"Event", "Task"}:
        urls |= {"approvalLayouts": f"{base}/describe/approvalLayouts", "listviews": f"{base}/listviews"}
    if sobject.name == "Event":
        urls["eventSeriesUpdates"] = f"{base}/{{ID}}/fromThisEventOnwards"
    return urls


def summary(sobject: SObject, version: str) -> dict[str, Any]:
    """Return an object as global describe lists it."""
    own = {
        "associateEntityType": None,
        "associateParentEntity": None,
        "custom": sobject.name.endswith("__c"),
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "name": sobject.name,
        "urls": _urls(sobject, version),
    }
    return dict(sorted({**{name: name in sobject.traits for name in _SUMMARY_TRAITS}, **own}.items()))


def describe_object(schema: Schema, sobject: SObject, version: str, base: str) -> dict[str, Any]:
    """Return the whole describe of an object; `base` is scheme and host of the user interface addresses."""
    urls = _urls(sobject, version) | {
        "uiDetailTemplate": f"{base}/{{ID}}",
        "uiEditTemplate": f"{base}/{{ID}}/e",
        "uiNewRecord": f"{base}/{sobject.prefix}/e",
    }
    record_type = {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": _MASTER,
        "urls": {"layout": f"/services/data/v{version}/sobjects/{sobject.name}/describe/layouts/{_MASTER}"},
    }
    own = {
        "actionOverrides": [],
        "childRelationships": _children(schema, sobject),
        "compactLayoutable": "compactLayoutable" in sobject.traits,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(f) for f in sobject.fields],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [record_type] if "layoutable" in sobject.traits else [],
        "searchLayoutable": "searchLayoutable" in sobject.traits,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": text.format(sobject.plural.lower()), "name": name} for name, text in _SCOPES],
        "urls": urls,
    }
    return dict(sorted({**summary(sobject, version), **own}.items()))


def _children(schema: Schema, sobject: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": sobject.name == "Event",
            "childSObject": r.child,
            "deprecatedAndHidden": False,
            "field": r.field,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": r.name,
            "restrictedDelete": False,
        }
        for r in schema.children(sobject.name)
    ]


def global_describe(org: Org, request: ApiRequest) -> ApiReply:
    """GET /sobjects."""
    fresh = _unless_known(org, request, "global")
    if fresh.status == 304:
        return fresh
    shown = [summary(o, request.version) for o in org.schema.objects]
    return ApiReply(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown}, fresh.headers)


def object_describe(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/describe."""
    sobject = org.engine.need(name)
    fresh = _unless_known(org, request, sobject.name)
    if fresh.status == 304:
        return fresh
    return ApiReply(200, describe_object(org.schema, sobject, request.version, request.base), fresh.headers)


def _unless_known(org: Org, request: ApiRequest, what: str) -> ApiReply:
    """Return 304 when the caller's copy is as new as the org's make-up, else the headers of a fresh one."""
    tag = hashlib.sha256(f"{what}{org.options}{request.version}".encode()).hexdigest()[:8]
    headers = {"ETag": f'"{tag}"', "Last-Modified": http_date(org.born)}
    unchanged = request.date_header("if-unmodified-since")
    if unchanged is not None and org.born.replace(microsecond=0) > unchanged:
        raise ApiError("PRECONDITION_FAILED", "The description was changed after the time given", status=412)
    since = request.date_header("if-modified-since")
    return ApiReply(304 if since is not None and org.born <= since else 200, headers=headers)
