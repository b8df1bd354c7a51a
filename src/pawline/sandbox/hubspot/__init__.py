"""HubSpot, pretended: contacts and their properties, who may be written to, e-mails that it keeps, and webhooks."""
