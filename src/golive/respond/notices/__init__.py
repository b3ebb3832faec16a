"""Notices: people hear of a release, ahead and after.

Words: an *occasion* is what golive.toml names under `notify`, a *notice* is one message to one person about one of
them. At-least-once as pages are, with more patience and no hurry: a notice asks nobody to get up.  mission: SHIP-11.
"""
