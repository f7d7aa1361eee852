"""The page of those who manage access: a client of the API like any other, as whoever has signed in."""
