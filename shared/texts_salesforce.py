"""Sentences about Salesforce and about the safe place for secrets."""

from __future__ import annotations

SALESFORCE: dict[str, str] = {
    # the keyring
    "keyring.none": (
        "No safe place for passwords was found. Install and unlock a keyring (on Linux gnome-keyring or KWallet with a "
        "desktop session), then start Daybridge again, or start it with --memory-credentials to sign in each time."
    ),
    "keyring.null": (
        "The keyring is switched off on this machine (PYTHON_KEYRING_BACKEND names the null back-end). "
        "Remove that setting, then start Daybridge again."
    ),
    "keyring.not_allowed": (
        "{backend} is not a safe place for passwords, so nothing was stored. Use the system's own keyring (Secret "
        "Service, KWallet, macOS Keychain or Windows Credential Manager), then start Daybridge again."
    ),
    "keyring.locked": "The keyring is locked. Unlock it (usually by logging in to the desktop), then try again.",
    "keyring.failed": "The keyring did not answer ({reason}). Check that it is running, then try again.",
    "keyring.forgets": (
        "{backend} does not give back what is stored in it. Use the system's own keyring, then start Daybridge again."
    ),
    "keyring.too_long": "This secret has {length} characters, more than the {limit} that every keyring can hold.",
    # the account
    "salesforce.bad_login_url": (
        "{url} is not an address to sign in at. Enter one like https://login.salesforce.com or your My Domain address."
    ),
    "salesforce.https_only": "Salesforce is only reached over https. Change {url} to an https address.",
    "salesforce.no_client_id": (
        "Enter the consumer key of your organization's External Client App as salesforce.client_id first."
    ),
    "salesforce.keyring": "The sign-in to Salesforce cannot be read. {reason}",
    "salesforce.wrong_account": (
        "Another Salesforce user or organization answers than before. Connect again with the user you synchronize with."
    ),
    "salesforce.not_connected": "Salesforce is not connected yet. Choose Connect Now in the settings.",
    "salesforce.sign_in_again": "Salesforce no longer accepts the stored sign-in ({reason}). Sign in again; nothing is lost.",
    "salesforce.user_inactive": "Your Salesforce user is inactive. Ask your administrator to activate it, then sign in again.",
    "salesforce.ip_restricted": (
        "Salesforce does not allow a sign-in from this network. Use the company network or ask your administrator."
    ),
    "salesforce.app_not_installed": (
        "Your organization has not installed the app with this client id. Ask your administrator to install it and to allow you."
    ),
    "salesforce.bad_client_id": (
        "Salesforce does not know this client id. Check salesforce.client_id and the login address in the settings."
    ),
    "salesforce.redirect_mismatch": (
        "The app's call-back addresses lack {redirect}. Ask your administrator to add it, letter for letter."
    ),
    "salesforce.denied": "The sign-in was not allowed in the browser. Choose Connect Now again and press Allow.",
    "salesforce.sign_in_refused": "Salesforce refused the sign-in ({reason}). Choose Connect Now again.",
    "salesforce.sign_in_expired": "The sign-in was not finished in time. Choose Connect Now again.",
    "salesforce.sign_in_cancelled": "The sign-in was cancelled.",
    "salesforce.no_refresh_token": (
        "Salesforce gave no lasting sign-in. Ask your administrator to add the scope refresh_token to the app."
    ),
    "salesforce.no_port": (
        "The ports {ports} are all in use, so the browser could not come back. Close the program that uses them, then try again."
    ),
    "salesforce.no_api_access": (
        "This sign-in may not use the REST API. Ask your administrator for the permission API Enabled and the app's scope api, "
        "then sign in again."
    ),
    "salesforce.connected": "Connected to Salesforce as {name}.",
    # reaching it
    "salesforce.unreachable": "{host} cannot be reached ({reason}). Check the network and the address, then try again.",
    "salesforce.not_salesforce": (
        "{host} answered something that is not Salesforce's API (status {status}). Check the address and the proxy."
    ),
    "salesforce.broken_answer": "{host} sent an incomplete answer. Try again.",
    "salesforce.busy": "Salesforce is busy or under maintenance (status {status}). Try again later.",
    "salesforce.refused_request": "Salesforce refused the request: {error} {message}",
    "salesforce.version_retired": "Salesforce no longer speaks API version {version}. Update Daybridge.",
    "salesforce.no_events": "This Salesforce user may not read events. Ask your administrator for access to activities.",
    "salesforce.limit_daily": (
        "Your organization has used up its Salesforce API calls for the day. Daybridge tries again at {until}; nothing is lost."
    ),
    "salesforce.limit_own": (
        "Daybridge has made {used} calls to Salesforce in 24 hours, which is more than it should ever need. "
        "Nothing is read until {until}; tell your administrator if this comes again."
    ),
    "salesforce.limit_near": (
        "Your organization has used {used} of {total} Salesforce API calls, so Daybridge leaves the rest to others until {until}."
    ),
    "salesforce.limit_app_near": (
        "Daybridge has used {used} of the {total} calls that your organization grants this app, so it waits until {until}. "
        "Ask your administrator for more if this comes again."
    ),
    "salesforce.limit_concurrent": (
        "Too many long requests run in your Salesforce organization at the moment. Daybridge tries again at {until}."
    ),
    "salesforce.query_too_large": (
        "Salesforce refused to read so many events at once. Choose a shorter period in rules.past_days and rules.future_days."
    ),
    # reading
    "salesforce.no_times": "This event has no start or no end in Salesforce.",
    "salesforce.odd_times": "The times of this event in Salesforce cannot be understood.",
    "salesforce.series_pattern": "This row only describes a series; its occurrences are read one by one.",
    "salesforce.locked_child": ("Somebody else called this meeting; only its organizer can change it in Salesforce."),
    "salesforce.locked_series": (
        "This is a future occurrence of a Salesforce series; changing it would change the whole series. Change it in Salesforce."
    ),
    "salesforce.locked_client_managed": "Another program (Einstein Activity Capture or Lightning Sync) manages this event.",
    "salesforce.other_owner": "This event now belongs to somebody else in Salesforce.",
    "salesforce.not_visible": (
        "Salesforce no longer shows you this event, but has no record of its deletion. It may belong to somebody else."
    ),
    "salesforce.cannot_look": "Salesforce does not let this event be looked at: {error}",
    # writing
    "salesforce.lost_answer": "The answer to this write was lost. Daybridge looks before it sends anything again.",
    "salesforce.unread_back": "Salesforce took the write, but it could not be read back. Daybridge looks again next time.",
    "salesforce.refused.too_long": "Salesforce says the text is too long: {fields}. Shorten it.",
    "salesforce.refused.required": "Your organization requires a field Daybridge never fills: {fields}. Ask your administrator.",
    "salesforce.refused.times": "Salesforce does not accept these times or values ({fields}): {message}",
    "salesforce.refused.multi_day": (
        "Salesforce does not accept an event this long. Ask your administrator for multi-day events (up to 14 days)."
    ),
    "salesforce.refused.rule": "A rule of your organization refused this: {message}",
    "salesforce.refused.access": "You may not change this in Salesforce: {message}",
    "salesforce.refused.field": "Salesforce does not know or not allow a field ({fields}): {message}",
    "salesforce.refused.value": "Salesforce does not allow a value in {fields}: {message}",
    "salesforce.refused.locked_row": "Another change held this record in Salesforce. Try again.",
    "salesforce.refused.key_taken": "Salesforce already holds an event with this key, but hides it. Ask your administrator.",
    "salesforce.refused.other": "Salesforce refused this: {error} {message}",
    "salesforce.edited_while_deleting": (
        "This event was changed in Salesforce at the moment it was deleted; the changed version was put back. Look at it again."
    ),
    "salesforce.edited_while_deleting_lost": (
        "This event was changed in Salesforce at the moment it was deleted and could not be put back; "
        "the changed version is in the Salesforce recycle bin."
    ),
}
