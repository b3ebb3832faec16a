"""`make demo`: the whole loop on one machine, unattended, with real parts."""
