"""What a door may ask of the control plane: beside it in one process, or over a socket from another."""
