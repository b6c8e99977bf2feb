"""Concordance of the engine with reference tools: how they are run, compared and where they may differ."""
