"""Measures the hub beside a floor and its peers: `python -m bench [NAME…]`. Every bar is a named check."""
