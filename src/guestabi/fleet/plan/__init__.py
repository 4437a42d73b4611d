"""Rollout plans: what they say, whether every step can be undone, and the story if not."""
