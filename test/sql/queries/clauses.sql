SELECT * FROM (SELECT [1,2] AS a, 5 AS b) ARRAY JOIN a AS c
SELECT * FROM (SELECT [1,2] AS a, 5 AS b) ARRAY JOIN [3,4] AS c
SELECT * FROM (SELECT [1,2] AS a, 5 AS b) ARRAY JOIN a
SELECT * FROM (SELECT [1,2] AS a, 5 AS b) ARRAY JOIN arrayMap(x -> x + 1, a) AS a
SELECT *, c FROM (SELECT [1,2] AS a, 5 AS b) AS t ARRAY JOIN a AS c, arrayEnumerate(a) AS i
SELECT t.*, c FROM (SELECT [1,2] AS a, 5 AS b) AS t ARRAY JOIN a AS c
SELECT * FROM (SELECT [1,2] AS a, 5 AS b) AS t ARRAY JOIN a AS c JOIN (SELECT 1 AS c, 'x' AS d) AS u USING c
SELECT 'a%b' LIKE 'a!%b' ESCAPE '!', 'axb' LIKE 'a!%b' ESCAPE '!', 'a_b' NOT LIKE 'a#_b' ESCAPE '#', 'A%' ILIKE 'a|%' ESCAPE '|'
SELECT number, row_number() OVER (ORDER BY number DESC) AS r FROM numbers(5) QUALIFY r <= 2 ORDER BY number
SELECT number % 2 AS k, sum(number) AS s, rank() OVER (ORDER BY sum(number) DESC) AS r FROM numbers(5) GROUP BY k QUALIFY r = 1
SELECT number FROM numbers(5) EXCEPT SELECT 2 INTERSECT SELECT number FROM numbers(3)
SELECT count() FROM (SELECT number % 3 FROM numbers(9) EXCEPT ALL SELECT 1)
SELECT number % 2 FROM numbers(4) INTERSECT DISTINCT SELECT 1
SELECT number % 2 FROM numbers(4) UNION DISTINCT SELECT 1 ORDER BY 1
SELECT 1 AS x UNION ALL (SELECT 2 LIMIT 0) UNION ALL SELECT 3
SELECT number % 2 AS a, number % 3 AS b, count() FROM numbers(12) GROUP BY GROUPING SETS ((a, b), (a), ()) ORDER BY ALL
SELECT number % 2 AS a, grouping(a), count() FROM numbers(12) GROUP BY GROUPING SETS ((a), (a)) ORDER BY ALL
SELECT sum(number) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), lagInFrame(number, 1, 99) OVER (ORDER BY number), nth_value(number, 2) OVER (ORDER BY number), ntile(2) OVER (ORDER BY number) FROM numbers(4)
SELECT first_value(number) OVER w, last_value(number) OVER w, percent_rank() OVER w, cume_dist() OVER w FROM numbers(4) WINDOW w AS (PARTITION BY number % 2 ORDER BY number)
SELECT sum(number) FILTER (WHERE number > 1), countIf(number > 1) FROM numbers(4)
SELECT number, sum(number) OVER (ORDER BY number RANGE BETWEEN 2 PRECEDING AND CURRENT ROW) FROM numbers(5)
WITH (SELECT max(number) FROM numbers(5)) AS m, x AS (SELECT m + 1 AS y) SELECT m, y FROM x
WITH x -> x * 2 AS dbl SELECT dbl(number) FROM numbers(3)
SELECT arrayMap((x, y) -> x + y + number, [1, 2], [3, 4]) FROM numbers(2)
SELECT [number, number + 1] AS a, arrayFilter(x -> x > number, a) FROM numbers(2)
SELECT t.1, t.2 FROM (SELECT (1, 'a') AS t)
SELECT a AS b, b AS c FROM (SELECT 1 AS a, 2 AS b)
SELECT a + 1 AS a, a * 2 AS d FROM (SELECT 1 AS a)
SELECT sum(x) AS x, x + 1 FROM (SELECT 1 AS x)
SELECT DISTINCT ON (k) number % 2 AS k, number FROM numbers(4) ORDER BY number
SELECT number FROM numbers(10) LIMIT 1 OFFSET 1 BY number % 3 LIMIT 2
SELECT any(number) FROM numbers(3) HAVING any(number) = 1
SELECT 1 WHERE 0 UNION ALL SELECT 2
SELECT a.number, b.number FROM numbers(3) AS a LEFT JOIN numbers(2) AS b ON a.number = b.number AND a.number > 0 ORDER BY ALL
SELECT a.number, b.number FROM numbers(3) AS a LEFT JOIN numbers(2) AS b ON a.number = b.number AND b.number > 0 ORDER BY ALL SETTINGS join_use_nulls = 1
SELECT a.number, b.number FROM numbers(3) AS a FULL JOIN numbers(1, 3) AS b ON a.number = b.number AND a.number % 2 = 0 ORDER BY ALL SETTINGS join_use_nulls = 1
SELECT count() FROM numbers(3) AS a, numbers(4) AS b WHERE a.number = b.number
SELECT * FROM (SELECT 1 AS a, 2 AS b) AS x NATURAL JOIN (SELECT 1 AS a, 3 AS c) AS y
SELECT * FROM (SELECT 1 AS a) AS x PASTE JOIN (SELECT 2 AS a) AS y
SELECT number, arr, x, y FROM (SELECT number, range(number % 2) AS arr, range(number % 3) AS brr FROM numbers(5)) ARRAY JOIN arr AS x, brr AS y SETTINGS enable_unaligned_array_join = 1
SELECT number, arr, x, y FROM (SELECT number, range(number % 2) AS arr, range(number % 3) AS brr FROM numbers(5)) LEFT ARRAY JOIN arr AS x, brr AS y SETTINGS enable_unaligned_array_join = 1
SELECT number, sum(number) FROM numbers(10) WHERE number % 3 = 1 GROUP BY number WITH TOTALS ORDER BY 'x', number DESC WITH FILL FROM 15
SELECT * FROM (SELECT 1 AS id, [1, 2] AS n) ARRAY JOIN n AS n
SELECT id, n FROM (SELECT 1 AS id, [1, 2] AS n) AS t ARRAY JOIN n AS m WHERE m > 1
WITH 3 AS lim SELECT number FROM (SELECT number FROM numbers(10) WHERE number < lim) ORDER BY number DESC
WITH 3 AS x SELECT x UNION ALL SELECT x + 1
