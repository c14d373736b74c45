"""The settings of the suite: `pytest` alone finds its mode, and a folder of its own for all it writes."""

import atexit
import os
import shutil
import tempfile

os.environ["QUALEPREF_MODE"] = "test"
if "QUALEPREF_VAR" not in os.environ:
    os.environ["QUALEPREF_VAR"] = folder = tempfile.mkdtemp(prefix="qualepref-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

from qualepref.settings import *  # noqa: F403

# A thread of the live server ends without closing a connection that would be kept.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
