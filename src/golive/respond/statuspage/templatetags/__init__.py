"""Template tags of the control room."""
