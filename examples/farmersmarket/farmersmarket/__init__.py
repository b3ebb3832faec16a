"""The Farmers Market: a small regional market that sells for pickup."""
