"""The web tier: what researchers see in a browser."""
