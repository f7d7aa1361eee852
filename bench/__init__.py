"""What admit costs, next to the floors of the same machine in the same minutes: ``make bench``."""
