"""The edge by Envoy, configured through files alone."""
