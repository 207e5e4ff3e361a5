SELECT grouping(a) AS g, a, sum(b) FROM (SELECT number % 2 AS a, number AS b FROM numbers(4)) GROUP BY ROLLUP(a) ORDER BY ALL
SELECT a, c, grouping(a, c) AS g, sum(b) AS s FROM (SELECT number % 2 AS a, number % 3 AS c, number AS b FROM numbers(12)) GROUP BY CUBE(a, c) ORDER BY ALL
SELECT a, c, grouping(c) + 10 * grouping(a) AS g, count() FROM (SELECT number % 2 AS a, number % 3 AS c FROM numbers(12)) GROUP BY GROUPING SETS ((a), (c), ()) HAVING grouping(a) = 0 OR grouping(c) = 0 ORDER BY ALL
SELECT a, grouping(a) FROM (SELECT number % 2 AS a FROM numbers(4)) GROUP BY a ORDER BY a
SELECT a, c, grouping(a, c) AS g FROM (SELECT number % 2 AS a, number % 3 AS c FROM numbers(12)) GROUP BY GROUPING SETS ((a), (c)) ORDER BY ALL SETTINGS force_grouping_standard_compatibility = 0
