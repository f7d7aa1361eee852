"""What every floor may lean on: time, chance, secrets, logs, metrics."""
