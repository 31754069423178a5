"""`make bench`: what Interlock does in a second, against baselines of the same run. See docs/performance.md."""
