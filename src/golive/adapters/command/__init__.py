"""Commands as child processes of a minder that ends everything they start."""
