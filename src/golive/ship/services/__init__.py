"""What there is to ship: services, their golive.toml and their environments."""
