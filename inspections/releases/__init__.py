"""Letting go: a release is proposed, signed by two people who did not inspect, suspended by new evidence; delivery."""
