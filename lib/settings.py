"""Settings of a workspace: what `growthops.toml` says, checked and typed.

A workspace is a folder: `growthops.toml`, `warehouse/` (facts) and `app.db` (state).
"""
