"""Pulse without a browser: gathered from a workspace, written to a file, sent by mail, checked by a timer."""
