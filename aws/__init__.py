"""The service on AWS, and the embedded cloud that stands in for it on one machine."""
