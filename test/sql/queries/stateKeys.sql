SELECT count() FROM (SELECT DISTINCT s FROM (SELECT number k, sumState(number % 3) s FROM numbers(9) GROUP BY k))
SELECT finalizeAggregation(s) AS f, count() FROM (SELECT number k, sumState(number % 3) s FROM numbers(9) GROUP BY k) GROUP BY s ORDER BY f
SELECT DISTINCT finalizeAggregation(s) FROM (SELECT DISTINCT sumState(number) AS s FROM numbers(4))
