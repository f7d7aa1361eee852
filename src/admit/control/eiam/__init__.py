"""An IDaaS instance: its directory, its applications, and what signing in to them gives out."""
