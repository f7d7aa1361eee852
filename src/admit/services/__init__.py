"""The wire services: words and operations, nothing else."""
