SELECT (NULL::Nullable(String), 1) = ('', 1), (NULL::Nullable(String), 1) = ('', 2), (NULL::Nullable(String),1) != ('',2)
SELECT a, b FROM VALUES('a UInt8, b String', (1, 'x'), (2, 'y')) ORDER BY a DESC
SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS t(a, b)
SELECT number AS x, x * 2 AS y, (SELECT max(y) FROM (SELECT 5 AS y)) FROM numbers(2)
SELECT countIf(DISTINCT number % 2, number > 1) FROM numbers(5)
SELECT count(DISTINCT number % 3, number % 2) FROM numbers(12)
SELECT sum(number) AS s, s / count() AS avg FROM numbers(5)
SELECT quantiles(0.5, 0.9)(number) FROM numbers(11)
SELECT groupArray(3)(number), groupArrayIf(number, number % 2) FROM numbers(6)
SELECT argMax(number, -number), argMinIf(number, number, number > 2) FROM numbers(5)
SELECT sumOrNull(number), maxOrDefault(number), avgOrNull(number) FROM numbers(0)
SELECT sumForEach([number, 1]) FROM numbers(3)
SELECT sumMap([number % 2], [1]) FROM numbers(4)
SELECT sumArray([number, 1]), countArray([1, 2]), uniqArray([number % 2]) FROM numbers(3)
SELECT sumResample(0, 6, 2)(number, number) FROM numbers(6)
SELECT CASE number WHEN 0 THEN 'a' WHEN 1 THEN 'b' END FROM numbers(3)
SELECT number BETWEEN 1 AND 2, number NOT BETWEEN 1 AND 2, number IS NOT NULL FROM numbers(3)
SELECT tuple(1, 'a').1, (1, 2, 3).-1, [1, 2, 3][-1], map('a', 1)['a']
SELECT EXTRACT(YEAR FROM toDate('2024-05-06')), SUBSTRING('abc' FROM 2 FOR 1), TRIM(BOTH 'x' FROM 'xax'), POSITION('b' IN 'abc')
SELECT CAST(1 AS String), CAST('2024-01-01' AS Date), '5'::UInt8, 1::Float64
SELECT number % 2 ? 'odd' : 'even' FROM numbers(2)
SELECT arrayJoin([1, 2]) AS a, arrayJoin([3, 4]) AS b
SELECT arrayJoin([1, 2]) + arrayJoin([1, 2])
SELECT uniq(a), sum(a) FROM (SELECT arrayJoin([1, 2, 2]) AS a)
SELECT * FROM numbers(3) WHERE number IN (SELECT number FROM numbers(2)) OR number = 2
SELECT 1 IN (SELECT 1), (1, 2) IN (SELECT 1, 2), (1, 2) NOT IN ((1, 2))
SELECT sum(number) OVER w1, avg(number) OVER w2 FROM numbers(3) WINDOW w1 AS (ORDER BY number), w2 AS (w1 ROWS UNBOUNDED PRECEDING)
SELECT number, count() OVER (), sum(number) OVER (PARTITION BY number % 2) FROM numbers(4) ORDER BY number
SELECT number, lag(number) OVER (ORDER BY number), lead(number, 1, 100) OVER (ORDER BY number) FROM numbers(3)
SELECT number % 3 AS k, count() FROM numbers(7) GROUP BY 1 ORDER BY 2 DESC, 1
SELECT number % 3 AS k, max(number) AS m FROM numbers(7) GROUP BY k HAVING m > 4 ORDER BY k
SELECT number FROM numbers(10) ORDER BY number % 3 DESC, number LIMIT 2, 3
SELECT number FROM numbers(10) ORDER BY number OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY
SELECT number % 3 AS k FROM numbers(10) ORDER BY k FETCH FIRST 2 ROWS WITH TIES
SELECT TOP 2 number FROM numbers(5)
SELECT * FROM (SELECT 1 AS a UNION ALL SELECT NULL) ORDER BY a NULLS FIRST
SELECT DISTINCT number % 2 AS a, a + 1 FROM numbers(4) ORDER BY a
SELECT x.*, y.number AS z FROM numbers(2) AS x LEFT JOIN (SELECT number FROM numbers(1)) AS y ON x.number = y.number
SELECT COLUMNS(a, b) FROM (SELECT 1 AS a, 2 AS b, 3 AS c)
SELECT t.COLUMNS('a') FROM (SELECT 1 AS a1, 2 AS b, 3 AS a2) AS t
SELECT * APPLY(x -> x + 1) EXCEPT (b) FROM (SELECT 1 AS a, 2 AS b)
SELECT * APPLY(quantiles(0.5)) FROM (SELECT number FROM numbers(3))
SELECT * FROM system.one AS a, system.one AS b
SELECT a.dummy, b.dummy FROM system.one AS a JOIN system.one AS b ON a.dummy = b.dummy OR a.dummy = b.dummy + 1
SELECT identity(1) AS one, one + 1 AS two WHERE two = 2
SELECT [1, 2, 3] AS arr, arr[1], length(arr) AS l, arrayMap(x -> x * l, arr)
SELECT sum(DISTINCT number % 3), avg(DISTINCT number % 2) FROM numbers(6)
SELECT min(number) FILTER (WHERE number > 2) FROM numbers(5)
SELECT number, number IN [1, 2], has([1, 2], number) FROM numbers(3)
SELECT 'a' AS `weird name`, `weird name` || 'b'
SELECT -number, NOT number, - - number FROM numbers(2)
SELECT 0x1F, 1e3, 1_000, 0b101, .5
SELECT count(*), count(NULL), count(1) FROM numbers(3)
SELECT any(number), anyLast(number), groupUniqArray(number % 1) FROM numbers(3)
SELECT toTypeName(number), toTypeName(sum(number)), toTypeName(avg(number)) FROM numbers(1) GROUP BY number
SELECT ROW_NUMBER() OVER (PARTITION BY number % 2 ORDER BY number DESC) AS rn, number FROM numbers(4) ORDER BY number
SELECT * FROM numbers(5) WHERE number > (SELECT avg(number) FROM numbers(5))
SELECT (SELECT 1, 2), (SELECT groupArray(number) FROM numbers(3)), (SELECT 1 WHERE 0)
SELECT number FROM numbers(3) WHERE (number, 1) = (1, 1)
SELECT 1 AS a, (SELECT a + 1) AS b
SELECT * FROM (SELECT number AS a FROM numbers(3)) WHERE a > 0 HAVING a < 2
SELECT sum(a) FROM (SELECT 1 AS a) SETTINGS max_threads = 1
SELECT * FROM generate_series(1, 5, 2)
SELECT * FROM view(SELECT 1 AS a)
SELECT number FROM numbers(3) ORDER BY -number
SELECT k, groupArray(n) FROM (SELECT number % 2 AS k, number AS n FROM numbers(6) ORDER BY n DESC) GROUP BY k ORDER BY k
SELECT sum(x) FROM (SELECT 1 AS x INTERSECT SELECT 1)
