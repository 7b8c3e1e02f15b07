"""The commands of `wavehouse`, a module each: its options and what it prints.

Belongs here: words around the work. Does not belong here: work, which the other packages do; they are imported when a
command runs, so that help and refusals come at once.
"""
