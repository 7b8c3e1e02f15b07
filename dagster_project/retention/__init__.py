"""What runs leave behind is removed when the study's declaration says so.

Belongs here: what is due, what stays although it is old and why, removing it so that a kill leaves nothing half done.
Does not belong here: the declaration (study/retention.py), erasing a person (erasure/), the command. Its modules are
imported by name: a run that changes nothing asks only the records, without the study's models.
"""
