"""Runs that start themselves: when one is due, and telling people that one failed.

Belongs here: those decisions over plain values. Does not belong here: sensors and schedules (defs/automation.py).
"""
