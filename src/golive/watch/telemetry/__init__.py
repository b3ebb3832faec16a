"""Traces, logs, metrics and requests: what is asked of the telemetry store."""
