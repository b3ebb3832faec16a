"""Every test session has a home of its own; nothing of the developer's golive is touched."""

import os
import shutil
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from golive.kernel.config import settings as golive_settings

HOME = os.environ["GOLIVE_HOME"] = tempfile.mkdtemp(prefix="golive-test-")
# Where the tests' PostgreSQL keeps its lock: else it is one for all users of the machine, and the first one's.
os.environ["XDG_RUNTIME_DIR"] = HOME
os.mkdir(f"{HOME}/python_PostgresServer")
for name in [
    name
    for name in os.environ
    if name.startswith("GOLIVE_")
    and name
    not in {
        "GOLIVE_HOME",
        "GOLIVE_DATABASE_URL",
        "GOLIVE_CHROMIUM",
        "GOLIVE_ENVOY",
        "GOLIVE_ALL_APPS",
    }
]:
    del os.environ[name]
# How fast a machine is says nothing about what is tested.
settings.register_profile("golive", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("golive")
# Django was set up before this file was read, from the developer's environment.
golive_settings.cache_clear()


def pytest_collection_modifyitems(items):
    """The longest first: at the end one worker would be busy with them alone."""
    items.sort(key=lambda item: "postgres" not in item.keywords)


def pytest_unconfigure():
    """End of the session, also of each worker's."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _cheap_passwords(settings):
    """Real password hashing is slow on purpose; one test of many need not prove it again."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
