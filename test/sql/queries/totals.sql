SELECT number % 3 AS k, sum(number) AS s FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k
SELECT number % 3 AS k, sum(number) AS s FROM numbers(10) GROUP BY k WITH TOTALS HAVING s > 12 ORDER BY k
SELECT number % 3 AS k, sum(number) AS s FROM numbers(10) GROUP BY k WITH TOTALS HAVING s > 12 ORDER BY k SETTINGS totals_mode = 'before_having'
SELECT s + 1, k FROM (SELECT number % 3 AS k, sum(number) AS s FROM numbers(10) GROUP BY k WITH TOTALS) ORDER BY k
SELECT 1 AS a, count() FROM numbers(10) WHERE 0 GROUP BY a
SELECT 1 AS a, count() FROM numbers(10) WHERE 0 GROUP BY a SETTINGS empty_result_for_aggregation_by_constant_keys_on_empty_set = 0
SELECT DISTINCT number % 3 FROM numbers(10) ORDER BY 1
