"""What columns with identifiers of people are called. Nothing else belongs here."""

import re

IDENTIFIER_NAME = re.compile(
    r".*e[-_ ]?mail.*"
    r"|(?:.*[_ .-])?(?:id|ids|code|codes|pseudonym|pid|sid|subj|subject|participant|participants|respondent|person|case"
    r"|proband|record|vpn|vp|token|key|ident|identifier|nr|no|number)(?:[_ .-]?(?:id|code|no|nr|number|num|key|name))?\d?"
    r"|.*(?:Id|ID|Code)|(?:subj|participant|respondent|case|person|proband)(?:id|no|nr|num|number)",
    re.IGNORECASE,
)
