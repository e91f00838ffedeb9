"""The sandboxes: faithful local servers of Domino's calendar service and of Salesforce, over real HTTP on loopback."""
