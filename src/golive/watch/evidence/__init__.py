"""What differs between two releases, from every row of a window."""
