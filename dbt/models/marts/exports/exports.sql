{#- The files in use: what a row's source_file is called, which version it is, and how many of its rows were accepted. -#}

with versions as (
    select
        versions.export,
        versions.wave,
        versions.sha256,
        versions.file_name || coalesce(', sheet ' || exports.sheet, '') as file_name,
        versions.rows_in_file,
        versions.rows_accepted,
        versions.rows_set_aside,
        versions.is_in_use,
        row_number() over (partition by versions.export order by versions.first_seen_at, versions.sha256) as version
    from {{ source('raw', 'versions') }} as versions
    left join {{ source('raw', 'exports') }} as exports on versions.export = exports.export
)

select
    cast(export as string) as export,
    cast(wave as string) as wave,
    cast(sha256 as string) as source_file,
    cast(file_name as string) as file_name,
    cast(version as bigint) as version,
    cast(rows_in_file as bigint) as rows_in_file,
    cast(rows_accepted as bigint) as rows_accepted,
    cast(rows_set_aside as bigint) as rows_set_aside
from versions
where is_in_use
