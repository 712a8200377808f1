"""The synchronous application: every page and API call runs here, on a thread of the fixed pool."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "otklik.config.settings")

application = get_wsgi_application()
