"""PostgreSQL servers: pg_dump of the server's own version, proofs in a scratch database, restores."""

from golive.adapters.postgresql.servers import PostgresServers

__all__ = ["PostgresServers"]
