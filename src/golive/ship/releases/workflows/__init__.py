"""Moving releases: one durable job per release, one transaction per arrow."""
