"""The Celery application: celery --app qa.celery worker --queues urgent,default,slow."""

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")

app = Celery("interlock")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Redis serves the queues of one worker in the order it names them, so that deciding never waits behind reading files.
app.conf.task_queues = [Queue(name) for name in ("urgent", "default", "slow")]
app.autodiscover_tasks(["inspections"])
