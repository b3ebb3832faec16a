"""The board of releases: pages over all that shipping knows, and the verbs a person has there."""
