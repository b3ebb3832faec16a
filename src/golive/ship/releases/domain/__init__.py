"""What a release may do: states, arrows, verbs, the plan of its steps, and the chain of its record.  Pure."""
