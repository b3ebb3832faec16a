"""The telemetry store: chDB behind OTLP and the ClickHouse HTTP protocol, and its client."""
