"""Every test session has a home of its own; nothing of the developer's golive is touched."""

import os
import tempfile

os.environ["GOLIVE_HOME"] = tempfile.mkdtemp(prefix="golive-test-")
for name in [
    name
    for name in os.environ
    if name.startswith("GOLIVE_")
    and name not in {"GOLIVE_HOME", "GOLIVE_DATABASE_URL", "GOLIVE_CHROMIUM", "GOLIVE_ENVOY"}
]:
    del os.environ[name]
