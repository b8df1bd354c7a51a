"""EasyPost, pretended: rates, labels, trackers and webhooks, at its paths and with its answers."""
