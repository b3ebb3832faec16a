"""On call: who is asked first, who after them, and by which of their channels.

Words: a *level* is a group asked at the same time; level 2 is asked when level 1 has not acknowledged in time; a
*contact* is one person's address in one channel.
"""
