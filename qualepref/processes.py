"""The processes that the application is made of, and how each starts: by the demo, by the image, by hand."""

import sys

CELERY = [sys.executable, "-m", "celery", "--quiet", "--app", "qualepref"]
WORKER = [*CELERY, "worker", "--concurrency", "1"]

# Its options are in qualepref/web.py.
WEB = [sys.executable, "-m", "gunicorn", "--config", "python:qualepref.web", "qualepref.wsgi"]

BACKGROUND = {
    "worker": [*WORKER, "--queues", "default", "--hostname", "default@%h"],
    "worker-pdf": [*WORKER, "--queues", "pdf", "--hostname", "pdf@%h"],
    "beat": [*CELERY, "beat"],
}
ALL = {"web": WEB, **BACKGROUND}
