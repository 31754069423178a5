"""Notices: what people are told by mail, made from entries of the ledger. See docs/notices.md."""
