"""Know how production is doing: telemetry, evidence."""
