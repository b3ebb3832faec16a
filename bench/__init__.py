"""Every figure of the README, each a command: `python -m bench` lists them."""
