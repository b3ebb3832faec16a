"""The product's settings, with the sample pages beside the real ones."""

import os

from golive.runtime.settings import *  # noqa: F403

ROOT_URLCONF = os.environ.get("GOLIVE_SAMPLE_URLS", "golive.runtime.urls")
