"""The verbs of the control plane, each inside a transaction."""
