"""The project around the inspections: settings, Celery, and the private engines of the demo and the tests."""
