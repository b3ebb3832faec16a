"""The judge alone, on simulated worlds: `python -m bench.judge`."""
