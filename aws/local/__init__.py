"""The embedded cloud."""
