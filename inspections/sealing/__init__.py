"""The record sealed: leaves of what was recorded, closed into signed checkpoints that anybody can check."""
