"""The Salesforce side: sign-in, reading and guarded writing over REST."""
