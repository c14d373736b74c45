"""The settings of the suite: `pytest` alone finds its mode, and a folder of its own for all it writes."""

import atexit
import os
import shutil
import tempfile

os.environ["QUALEPREF_MODE"] = "test"
if "QUALEPREF_VAR" not in os.environ:
    os.environ["QUALEPREF_VAR"] = folder = tempfile.mkdtemp(prefix="qualepref-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)

# A bare machine may have no file that says where localhost is.
os.environ.setdefault("DJANGO_LIVE_TEST_SERVER_ADDRESS", "127.0.0.1")

from qualepref.settings import *  # noqa: F403

# A thread of the live server ends without closing a connection that would be kept.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
# What a test wrote need not outlive a power cut.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}  # noqa: F405
