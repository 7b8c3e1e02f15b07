{#- How often each answer was given to each item in each wave. -#}

select wave, item, code as answer, n
from {{ ref('code_counts') }}
where is_answer
