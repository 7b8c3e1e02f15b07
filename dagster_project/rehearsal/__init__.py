"""What a run would meet, said before it: what does not fit in definitions and exports, and what columns are taken for.

Belongs here: findings as plain values. Does not belong here: printing them (commands/), reading and matching (exports/),
making people to rehearse with (simulate/).
"""
