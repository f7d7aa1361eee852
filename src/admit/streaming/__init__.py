"""The streaming door: programs that run here, each in a sandbox, shown and used in the browser."""
