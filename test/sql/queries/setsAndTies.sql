SELECT * FROM (SELECT number % 5 AS k FROM numbers(20) EXCEPT SELECT number FROM numbers(2)) ORDER BY k
SELECT * FROM (SELECT number % 5 AS k FROM numbers(20) INTERSECT SELECT number FROM numbers(3)) ORDER BY k
SELECT * FROM (SELECT number % 3 AS k FROM numbers(6) EXCEPT DISTINCT SELECT number FROM numbers(2)) ORDER BY k
SELECT * FROM (SELECT number % 3 AS k FROM numbers(9) INTERSECT DISTINCT SELECT number FROM numbers(1,2)) ORDER BY k
SELECT * FROM (SELECT arrayJoin([1,NULL,2,NULL]) AS k INTERSECT DISTINCT SELECT arrayJoin([NULL,2])) ORDER BY k
SELECT arrayJoin([('a',1),('b',2)]) AS k EXCEPT SELECT ('a',1)
SELECT intDiv(number, 3) AS x, number FROM numbers(12) ORDER BY x LIMIT 4 WITH TIES
SELECT intDiv(number, 3) AS x, number FROM numbers(12) ORDER BY x LIMIT 2, 2 WITH TIES
SELECT if(number > 3, NULL, number) AS x FROM numbers(8) ORDER BY x LIMIT 5 WITH TIES
SELECT count() FROM (SELECT 1 AS x FROM numbers(3000) ORDER BY x LIMIT 1 WITH TIES)
SELECT a.k, a.t, b.t, b.v FROM (SELECT number % 2 AS k, number * 10 AS t FROM numbers(6)) AS a ASOF JOIN (SELECT number % 2 AS k, number * 7 AS t, number AS v FROM numbers(8)) AS b ON a.k = b.k AND a.t >= b.t ORDER BY a.t
SELECT a.k, a.t, b.t, b.v FROM (SELECT number % 2 AS k, number * 10 AS t FROM numbers(6)) AS a ASOF JOIN (SELECT number % 2 AS k, number * 7 AS t, number AS v FROM numbers(8)) AS b ON a.k = b.k AND a.t > b.t ORDER BY a.t
SELECT a.k, a.t, b.t, b.v FROM (SELECT number % 2 AS k, number * 10 AS t FROM numbers(6)) AS a ASOF LEFT JOIN (SELECT number % 2 AS k, number * 7 AS t, number AS v FROM numbers(8)) AS b ON a.k = b.k AND a.t < b.t ORDER BY a.t
SELECT a.k, a.t, b.t, b.v FROM (SELECT number % 2 AS k, number * 10 AS t FROM numbers(6)) AS a ASOF LEFT JOIN (SELECT number % 2 AS k, number * 7 AS t, number AS v FROM numbers(8)) AS b ON a.k = b.k AND a.t <= b.t ORDER BY a.t
SELECT a.k, a.t, b.t FROM (SELECT number % 2 AS k, toDateTime('2020-01-01 00:00:00', 'UTC') + number * 10 AS t FROM numbers(6)) AS a ASOF JOIN (SELECT number % 2 AS k, toDateTime('2020-01-01 00:00:00', 'UTC') + number * 7 AS t FROM numbers(8)) AS b USING (k, t) ORDER BY a.t
SELECT a.t, b.t FROM (SELECT 1 AS k, toDecimal64(number, 2) AS t FROM numbers(4)) AS a ASOF JOIN (SELECT 1 AS k, toDecimal64(number, 2) / 3 AS t FROM numbers(9)) AS b ON a.k = b.k AND a.t >= b.t ORDER BY a.t
SELECT a.t, b.t FROM (SELECT 1 AS k, toInt32(number) - 2 AS t FROM numbers(5)) AS a ASOF JOIN (SELECT 1 AS k, toInt64(number) * 2 - 3 AS t FROM numbers(4)) AS b ON a.k = b.k AND a.t >= b.t ORDER BY a.t
SELECT a.t, b.t FROM (SELECT 1 AS k, if(number = 1, NULL, number) AS t FROM numbers(4)) AS a ASOF LEFT JOIN (SELECT 1 AS k, number AS t FROM numbers(2)) AS b ON a.k = b.k AND a.t >= b.t ORDER BY a.t
SELECT number FROM numbers(10) WHERE toUInt8(number) IN (SELECT toInt16(number) - 3 FROM numbers(6))
SELECT x FROM (SELECT arrayJoin([1, NULL, 3]) AS x) WHERE x NOT IN (SELECT arrayJoin([NULL, 3]))
SELECT x FROM (SELECT arrayJoin([1, NULL, 3]) AS x) WHERE x IN (SELECT arrayJoin([NULL, 3])) SETTINGS transform_null_in = 1
SELECT x FROM (SELECT toLowCardinality(toString(number)) AS x FROM numbers(6)) WHERE x IN (SELECT toLowCardinality(toString(number)) FROM numbers(2, 2))
SELECT x FROM (SELECT [number] AS x FROM numbers(6)) WHERE x IN (SELECT [number] FROM numbers(2, 2))
SELECT number FROM numbers(8) WHERE (number, toString(number)) IN (SELECT number, toString(number) FROM numbers(2, 2))
SELECT number FROM numbers(8) WHERE (number, number) IN (SELECT (number, number + 0) FROM numbers(3))
SELECT number FROM numbers(8) WHERE number IN (SELECT number / 2 FROM numbers(6))
SELECT number / 2 AS x FROM numbers(8) WHERE x IN (SELECT number FROM numbers(3))
SELECT x FROM (SELECT toDate('2020-01-01') + number AS x FROM numbers(6)) WHERE x IN (SELECT toDate('2020-01-03'))
SELECT number IN (SELECT 1 WHERE 0), number NOT IN (SELECT 1 WHERE 0) FROM numbers(2)
