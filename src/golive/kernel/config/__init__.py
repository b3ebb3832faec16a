"""Configuration: the server's settings, read once, and the strict reading of TOML files of people."""

from golive.kernel.config.settings import Settings, from_environment, home_is_named, settings
from golive.kernel.config.toml import LONGEST_FILE, ConfigInvalid, parse_toml

__all__ = ["LONGEST_FILE", "ConfigInvalid", "Settings", "from_environment", "home_is_named", "parse_toml", "settings"]
