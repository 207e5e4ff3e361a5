SELECT 12 AS n GROUP BY n WITH ROLLUP
SELECT 12 AS n, 13 AS m GROUP BY n, m WITH CUBE
SELECT 12 AS n, number % 2 AS m FROM numbers(4) GROUP BY n, m WITH ROLLUP ORDER BY m
SELECT count() FROM numbers(3) WHERE number > 5 SETTINGS empty_result_for_aggregation_by_empty_set = 1
SELECT quantiles(0.95)(number) FROM numbers(0) SETTINGS aggregate_functions_null_for_empty = 1
SELECT x, row_number() OVER (ORDER BY x COLLATE 'en') FROM (SELECT arrayJoin(['b', 'A', 'a', 'B']) AS x) ORDER BY x
