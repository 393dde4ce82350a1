"""Pulse: what changed, why, and what needs a decision, out of answers to questions about metrics.

Everything here is made of what `ask` answers; nothing reads tables, and nothing knows of pages.
"""
