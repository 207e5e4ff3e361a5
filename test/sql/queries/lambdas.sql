SELECT sum(number), count(), uniq(number), groupArray(number), max(number), any(number), avg(number), sumIf(number, 1) FROM numbers(0) SETTINGS aggregate_functions_null_for_empty=1
WITH (f, x) -> f(x) AS apply, x -> x + 1 AS inc, x -> toString(x) AS str SELECT apply(inc, number), apply(str, number) FROM numbers(2)
WITH x -> untuple(x) AS spread SELECT (1, 'a') AS v, spread(v)
WITH x -> x + 1 AS inc, inc AS more SELECT more(number), arrayMap(more, [1]) FROM numbers(2)
