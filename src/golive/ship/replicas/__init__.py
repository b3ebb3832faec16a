"""The running processes of a release."""
