"""Streamed applications: who may start which, by what ticket, and who is told of it."""
