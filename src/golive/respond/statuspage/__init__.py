"""The public status page: components, what is wrong, 90 days of history, maintenance; static files at the edge.

What it says comes from facts by itself; a person may word it better, never hide it. The files stand at the edge and
outlive golive. Listens to releases (a component appears when it first serves) and to incidents.
"""
