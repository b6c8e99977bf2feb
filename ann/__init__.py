"""The annotators: they claim jobs and run them."""
