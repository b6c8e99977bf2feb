"""The web tier: pages, accounts and the hand-over of jobs."""
