"""The API engine: signed requests in, declared operations run, answers out."""
