"""Objectives and key results: how far, how fast, where it leads, what is said of it. Plain arithmetic on plain values.

Nothing here reads data or state: values come in from answers, check-ins from the state, and the day it is from outside.
"""
