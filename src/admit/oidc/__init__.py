"""The door to web applications: an OpenID provider for each IDaaS instance. It knows no other door."""
