"""How gunicorn serves the pages. It is read by gunicorn alone (`--config python:qualepref.web`)."""

import logging.config
import os
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualepref.settings")


class OurLogger(Logger):
    """The lines of the server itself, written as ours are."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logging.config.dictConfig(settings.LOGGING)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = OurLogger
bind = settings.WEB_ADDRESS
workers, threads = settings.WEB_WORKERS, 4
timeout, graceful_timeout = 30, 20
max_requests, max_requests_jitter = 5_000, 500  # a leak of memory, in a library, ends with its process
control_socket_disable = True
secure_scheme_headers: dict[str, str] = {}  # whether a proxy is believed is said by TRUSTED_PROXIES alone
