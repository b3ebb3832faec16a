"""The judge at work: the edge's log in, actions for the release engine out, everything kept for a replay."""
