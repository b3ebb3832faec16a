"""Django's management commands for developers: `python -m tools.manage makemigrations`."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "golive.runtime.settings")
    execute_from_command_line(["python -m tools.manage", *sys.argv[1:]])
