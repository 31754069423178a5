"""The baseline: what most would write first. A ModelSerializer that records one measurement a request."""
