"""Bringing people and hosts from files into services, through the services' own operations."""
