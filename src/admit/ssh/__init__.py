"""The SSH door: who may gets in, everyone else is told plainly, and access ends when the grant ends."""
