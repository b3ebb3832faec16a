"""What visitors reach: sites, the split between two releases, maintenance and the pages of the edge."""
