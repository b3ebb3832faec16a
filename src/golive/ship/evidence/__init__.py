"""What is known about a release that was pulled: gathered within seconds, kept with it, shown in incident and page."""
