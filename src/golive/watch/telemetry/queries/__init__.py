"""Questions about traffic, traces, logs and errors; each takes the store as its first argument."""
