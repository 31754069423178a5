"""What many results say together: how they lie, whether they drift. Exact, on the record as it stands; no verdict."""
