"""The product's settings, with the sample pages beside the real ones."""

import os
from pathlib import Path

import golive
from golive.runtime.settings import *  # noqa: F403

ROOT_URLCONF = os.environ.get("GOLIVE_SAMPLE_URLS", "golive.runtime.urls")

# The templates of capabilities that are not installed yet can be looked at already.
_SOURCE = Path(golive.__file__).parent
TEMPLATES[0]["DIRS"] = [str(folder) for folder in sorted(_SOURCE.glob("*/*/templates"))]  # noqa: F405
