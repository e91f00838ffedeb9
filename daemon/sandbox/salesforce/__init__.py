"""The Salesforce sandbox: a faithful local server of the Salesforce REST API for one org and its Events."""

from daemon.sandbox.salesforce.options import FEATURES, SalesforceOptions
from daemon.sandbox.salesforce.sandbox import SalesforceSandbox

__all__ = ["FEATURES", "SalesforceOptions", "SalesforceSandbox"]
