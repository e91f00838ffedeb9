"""The review page: HTML, ES modules and style sheets that the API server hands to a browser; no Python lives here."""
