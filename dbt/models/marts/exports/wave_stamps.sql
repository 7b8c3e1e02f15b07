{#- What each wave's rows are made from now: its exports' files as they were read, the definitions and the code that type and
    score them, and who is on the roster. A wave is typed and scored again only when its stamp has changed. -#}

with exports as (
    select wave, {{ joined_in_order('fingerprint', 'export') }} as fingerprints
    from {{ source('raw', 'exports') }}
    where wave is not null
    group by wave
),

roster as (
    select
        cast(count(*) as varchar) as people,
        cast(sum({{ whole_number(content_hash('participant_id')) }}) as varchar) as who
    from {{ source('raw', 'roster') }}
    where {{ is_included() }}
)

select
    cast(waves.wave as varchar) as wave,
    cast(
        md5(concat_ws('|', waves.definitions_stamp, exports.fingerprints, roster.people, roster.who)) as varchar
    ) as content_stamp
from {{ source('codebook', 'wave_definitions') }} as waves
left join exports on waves.wave = exports.wave
cross join roster
