{#- The files in use: what a row's source_file is called, and how many of its rows were accepted. -#}

select
    export::varchar as export,
    wave::varchar as wave,
    sha256::varchar as source_file,
    file_name::varchar as file_name,
    rows_in_file::bigint as rows_in_file,
    rows_accepted::bigint as rows_accepted,
    rows_set_aside::bigint as rows_set_aside
from {{ source('raw', 'versions') }}
where is_in_use
