"""The annotation engine."""
