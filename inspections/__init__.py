"""Interlock: the inspection record and delivery gate. One application, cut by concept; see CONTRIBUTING.md."""
