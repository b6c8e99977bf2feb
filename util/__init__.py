"""What every program of the service shares."""
