"""Sentences of the Notes side: reaching and reading a Domino server, files, and what cannot be read or written there."""

from __future__ import annotations

SIDES: dict[str, str] = {
    # reaching the server
    "notes.bad_address": "«{url}» is not an address of a Domino server; enter one like https://mail.example.com.",
    "notes.plain_http": "{host} would be reached without encryption; enter an https address, or allow plain http.",
    "notes.unreachable": "{host} cannot be reached; check the address and the network, then start again.",
    "notes.timeout": "{host} did not answer within {seconds} seconds; try again later.",
    "notes.tls": "The certificate of {host} is not trusted; check the address, or name the authority's file in notes.ca_file.",
    "notes.no_tls": "{host} does not speak https at this address; check the address and its port.",
    "notes.ca_file": "The certificate file {path} cannot be read; correct notes.ca_file.",
    "notes.cut_off": "{host} cut its answer off; nothing was changed. Start again.",
    "notes.not_json": "{host} answered with something that is not calendar data; check that the address is the Domino server's.",
    "notes.web_page": "{host} answered with a web page instead of calendar data; check that the address is the Domino server's.",
    "notes.redirect": "{host} sends every request on to {target}; enter that address in the settings.",
    "notes.server_error": "{host} failed with code {status}; try again later or ask its administrator.",
    "notes.too_large": "{host} sent an answer of more than {megabytes} MB, which is no calendar; check the address.",
    # signing in and rights
    "notes.wrong_password": "{host} did not accept the name and password of {user}; sign in to Notes again.",
    "notes.foreign_login": "{host} asks for a sign-in that Daybridge cannot fill in; ask for access by name and password.",
    "notes.no_password": "There is no password for {user} at {host}; sign in to Notes.",
    "notes.service_off": (
        "The calendar service is switched off on {host}; ask its administrator to switch on «Calendar» in Domino Access Services."
    ),
    "notes.no_access": "{user} has no access to {path} on {host}; ask its owner for access or choose another calendar.",
    "notes.no_mail_file": "There is no mail file {path} on {host}; choose another calendar.",
    "notes.no_owner": "{host} knows no calendar of «{owner}»; check the name.",
    "notes.read_only": "{path} may only be read by {user}; nothing can be written there.",
    # reading
    "notes.waiting": "This invitation is waiting for an answer in Notes; answer it there first.",
    "notes.detail_failed": "{host} could not deliver this entry (code {status}); open it in Notes, save it, then start again.",
    "notes.detail_not_calendar": "{host} delivered this entry in a form that is not a calendar entry; open and save it in Notes.",
    "notes.unreadable": "This entry cannot be read: {reason}",
    "notes.element_without_id": "An entry of the calendar's list has no identity and cannot be read.",
    "notes.not_an_event": "This is a {kind}, not a calendar entry.",
    "notes.superseded": "An older version of the same entry; the newest one is used.",
    "notes.cancelled": "This entry is cancelled.",
    "notes.list_incomplete": "{host} did not deliver the whole calendar; nothing is decided about what is missing.",
    "notes.attachments_in_notes": "attachments are in Notes",
    "notes.organised_by_other": "{organizer} organises this meeting; its time, place and subject are changed there.",
    # writing
    "notes.refused": "{host} refused this change: {reason}",
    "notes.not_supported": "{host} cannot make this change by its calendar service; make it in Notes.",
    "notes.invalid_entry": "{host} did not take the entry as it was sent: {reason}",
    "notes.lost_answer": "{host} did not answer to the change; it is looked up before anything is sent again.",
    "notes.notices_failed": "{host} reported that notices could not be sent, and the entry is not as wanted; look in Notes.",
    "notes.try_later": "{host} is busy (code {status}); the change comes again with the next Start Sync.",
    "notes.missing_entry": "This entry no longer exists in Notes.",
    "notes.nothing_to_write": "The change has no text to write; this is a fault in Daybridge.",
    # files
    "notes.file_missing": "The calendar file {path} is not there; check the path.",
    "notes.folder_missing": "The calendar folder {path} is not there; check the path.",
    "notes.file_unreadable": "{path} cannot be read: {reason}",
    "notes.file_held": (
        "{path} may not be read or changed: another program has it open, or you have no right to. "
        "Close it there or ask for access, then start again."
    ),
    "notes.not_a_calendar": "{path} is not a calendar: choose an iCalendar (.ics) file.",
    "notes.file_too_large": "{path}: {reason}",
    "notes.file_cut_off": "{path} ends in the middle, so nothing is decided from it; export or copy it again.",
    "notes.file_read_only": "A calendar file is only read; choose a folder with one entry per file to write, too.",
    "notes.file_not_written": "{path} could not be written: {reason}",
    "notes.absent_once": "This entry is no longer in the file; it counts as deleted when the next run finds it missing, too.",
    "notes.file_entry_unclear": "This entry is in no readable file, but {path} cannot be read; correct or remove that file.",
    "notes.shared_file": "This file holds more than one entry, so it is not written; export each entry into a file of its own.",
    "notes.kind_unknown": "There is no Notes connection of kind «{kind}»; choose domino, ics_file, ics_folder or caldav.",
    # CalDAV
    "caldav.bad_address": "«{url}» is not an address of a CalDAV server; enter one like https://cal.example.com.",
    "caldav.bad_user": "A user name with a colon cannot be used for CalDAV; enter the name without it.",
    "caldav.web_page": "{host} answered with a web page instead of calendar data; check that the address is the CalDAV server's.",
    "caldav.not_caldav": "{host} does not answer as a CalDAV server; check the address.",
    "caldav.broken_answer": "{host} sent an answer that ends early or is no XML; nothing was changed. Start again.",
    "notes.redirects": "{host} sends requests round in a circle; check the address.",
    "caldav.no_calendar": "There is no calendar at {path} on {host}; check the address or choose another calendar.",
    "caldav.no_such_name": "{host} has no calendar called «{name}»; there are: {names}.",
    "caldav.choose": "{host} has several calendars; enter one in notes.calendar: {names}.",
    "caldav.entry_failed": "{host} could not deliver this entry (code {status}); open and save it there, then start again.",
    "caldav.entry_not_calendar": "{host} delivered this entry in a form that is not a calendar entry; open and save it there.",
    "caldav.entry_unclear": "This entry is not where it was, and {host} could not deliver every other one; start again later.",
    "caldav.several": "This entry does not stand alone in its resource on {host}, or stands in several; change it there.",
    "caldav.no_etag": "{host} gives this entry no version (ETag), so a change could overwrite another one; change it there.",
    "caldav.would_invite": "{host} would send mail to the invitees of this meeting; make the change in that calendar itself.",
    "caldav.no_room": "{host} has no room left for this calendar; make room there, then start again.",
}
