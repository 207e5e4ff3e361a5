SELECT untuple((1,'a') AS t)
SELECT untuple(CAST((1,'a'),'Tuple(x UInt8, y String)')) FORMAT TSVWithNames
SELECT untuple((1,'a')) AS t FORMAT TSVWithNames
SELECT plus(untuple((1,2))), max(untuple(tuple(3)))
SELECT * FROM (SELECT untuple((number,1)) FROM numbers(2)) FORMAT TSVWithNames
SELECT untuple(max((number, 1))) FROM numbers(3)
SELECT tuple(*), array(* EXCEPT number), plus(COLUMNS('number'), 1), count(*) OVER () FROM (SELECT number, 1 AS a, 2 AS b FROM numbers(2))
SELECT COLUMNS('^[ab]$') APPLY(x -> x + 1) APPLY toString, * REPLACE (number + 1 AS number) FROM (SELECT number, 1 AS a, 2 AS b FROM numbers(2)) FORMAT TSVWithNames
SELECT * EXCEPT (a, b) REPLACE (number * 2 AS number) APPLY sum FROM (SELECT number, 1 AS a, 2 AS b FROM numbers(3)) FORMAT TSVWithNames
SELECT number, number%2 AS k, count(), toTypeName(k) FROM numbers(3) GROUP BY ROLLUP(number, k) ORDER BY ALL SETTINGS group_by_use_nulls=1
SELECT number%2 AS k, number%3 AS l, grouping(k), sum(number), toTypeName(k) FROM numbers(6) GROUP BY GROUPING SETS ((k),(l)) ORDER BY ALL SETTINGS group_by_use_nulls=1
SELECT number%2 AS k, k + 1, isNull(k), sum(k) FROM numbers(6) GROUP BY CUBE(k) ORDER BY ALL SETTINGS group_by_use_nulls=1
SELECT number%2 AS k, count() FROM numbers(6) GROUP BY k WITH TOTALS ORDER BY ALL SETTINGS group_by_use_nulls=1
SELECT number % 2 AS k, toString(number % 3) AS s, count() FROM numbers(6) GROUP BY k, s WITH CUBE HAVING k IS NULL OR s = '1' ORDER BY ALL SETTINGS group_by_use_nulls=1
SELECT arrayJoin(['Ä','a','b','Z']) AS s ORDER BY s COLLATE 'de'
SELECT arrayJoin(['Ä','a','b','Z', 'A', NULL]) AS s ORDER BY s COLLATE 'en' LIMIT 3
SELECT arrayJoin(['Ä','a','b','Z', 'A', NULL]) AS s ORDER BY s NULLS FIRST COLLATE 'en' LIMIT 3
SELECT arrayJoin(['Ä','a','b','Z', 'A', 'a-b', 'ab', 'a b']) AS s ORDER BY s COLLATE 'tr'
