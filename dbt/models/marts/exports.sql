{#- The files in use: what a row's source_file is called, which version it is, and how many of its rows were accepted. -#}

with versions as (
    select
        export, wave, sha256, file_name, rows_in_file, rows_accepted, rows_set_aside, is_in_use,
        row_number() over (partition by export order by first_seen_at, sha256) as version
    from {{ source('raw', 'versions') }}
)

select
    export::varchar as export,
    wave::varchar as wave,
    sha256::varchar as source_file,
    file_name::varchar as file_name,
    version::bigint as version,
    rows_in_file::bigint as rows_in_file,
    rows_accepted::bigint as rows_accepted,
    rows_set_aside::bigint as rows_set_aside
from versions
where is_in_use
