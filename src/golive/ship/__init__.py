"""From a commit to verified production: services, gates, artifacts, approvals, releases, the judge."""
