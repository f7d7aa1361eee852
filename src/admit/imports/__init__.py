"""Readers of outside files: people and hosts as other systems export them, bytes in, records out."""
