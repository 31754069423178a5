"""What a web server calls: gunicorn qa.wsgi."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qa.settings")
application = get_wsgi_application()
# The pages and what they stand on are loaded before anybody waits for one, not by the first who asks.
get_resolver().url_patterns  # noqa: B018

# What is loaded now stays for ever: the collector need not walk through it again and again while thousands of
# measurements pass through, each of them garbage soon and none of it in circles.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
