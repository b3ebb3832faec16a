"""Channels: the ways by which golive reaches people, and their encrypted configuration.

Words: a *channel* is one configured way (the team's Slack, the mail server), a *kind* is what it speaks, a *message*
is what is sent, a *receipt* is what the provider said. Accepted is not delivered is not acknowledged.
"""
