"""The door for outside directories: SCIM 2.0. It knows no service and no other door."""
