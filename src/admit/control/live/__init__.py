"""Live sessions: opened by a permit, watched, held, recorded, ended with a reason."""
