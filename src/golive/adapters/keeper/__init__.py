"""One small keeper per process: starts it, backs off, stops it gracefully, captures its output."""
