"""Incidents: what is wrong with production now, who is on it, and what has been done; the timeline writes itself.

Words: severity SEV1 (outage, data loss, breach) .. SEV4 (minor); state TRIGGERED, ACKNOWLEDGED, MITIGATED (users are
safe), RESOLVED. Listens to releases; announces every change of an incident.
"""
