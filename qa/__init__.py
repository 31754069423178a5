"""The project around the inspections: settings, addresses, Celery, and the private engines of the demo and the tests."""
