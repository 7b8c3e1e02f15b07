"""Signs of careless answers as the page lists them, person by person. Belongs here: their queries, as parts of those of all
values (people.py). Does not belong here: who is marked (marts.careless_signs says it)."""

from dagster_project.results import ResultRow

#: The value of each sign, and whether it marks the sheet; columns as those of services.
CARELESS_VALUES = """
        select
            block || '/' || sign, wave, list(value order by participant_id),
            list(printf('%.3g', value) || if(is_marked, ' (marked)', '') order by participant_id),
            list(reason order by participant_id)
        from marts.careless_signs
        group by block, sign, wave
"""
#: Who is judged.
CARELESS_COUNTED = "select participant_id, 'judged', block || '/' || sign, wave, is_judged, null from marts.careless_signs"


def careless_measure(row: ResultRow) -> str:
    """The measure under which these queries list a result's values."""
    return f"{row.outcome}/{row.category}"
