"""The ground floor: decisions, validity, policies, events and errors as pure values."""
