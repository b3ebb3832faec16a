"""Paging: an incident becomes messages to the people on call, until one of them has it.

Words: a *page* asks one person, an *attempt* is one message through one channel. Accepted (the provider took it),
delivered (it says the receiver has it) and acknowledged (a person acted) are three columns; only the last one, or
users being safe, stops a page. At-least-once: attempts are leased, sent with an idempotency key, then marked.
"""
