SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 0.25)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 0.22)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) OFFSET 0.25)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 0.5 OFFSET 2)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 2 OFFSET 0.25)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT -2 OFFSET 1)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT -2 OFFSET -1)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 2 OFFSET -3)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) OFFSET -3)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT -2 OFFSET -1 BY number%2)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) LIMIT 2 OFFSET -1 BY number%2)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) ORDER BY number%2 LIMIT -2 WITH TIES)
SELECT groupArray(number) FROM (SELECT number FROM numbers(10) ORDER BY intDiv(number,4) LIMIT 0.3 WITH TIES)
SELECT number IN (number, 5), number NOT IN (number + 1, 2) FROM numbers(3)
SELECT 1 IN [1,2], [1] IN [[1]], (1,2) IN [(1,2)], 'a' IN ('a',NULL), [1, 2] IN [1, 2], (1, 2) IN (1, 2), NULL IN (1, 2), NULL IN (SELECT 1)
SELECT ([1], [2]) IN ([NULL], [NULL]), ([1], [2]) IN (([NULL], [NULL]), ([1], [2])), [1] IN ([1], [2])
SELECT (number, 1) IN ((0, 1), (2, 1)), (number, number) NOT IN (SELECT 1, 1) FROM numbers(3)
SELECT number - 1 AS number FROM numbers(3) WHERE number >= 0 ORDER BY number
SELECT * FROM (SELECT 1 k, number l FROM numbers(3)) a ANY INNER JOIN (SELECT 1 k, number r FROM numbers(3)) b USING k
SELECT * FROM (SELECT 1 k, number l FROM numbers(3)) a ANY RIGHT JOIN (SELECT 1 k, number r FROM numbers(3)) b USING k ORDER BY r
SELECT a.*, b.k FROM (SELECT number x, number%2 k FROM numbers(4)) a FULL JOIN (SELECT number%4 k, number r FROM numbers(6)) b USING k ORDER BY ALL
SELECT k, a.k, b.k FROM (SELECT number x, number%2 k FROM numbers(4)) a RIGHT JOIN (SELECT number%4 k, number r FROM numbers(6)) b USING k ORDER BY ALL
SELECT NULL IN (NULL), 1 IN (1, NULL), (1, 2) IN (1, NULL), (1, NULL) IN (1, NULL), NULL IN (1) SETTINGS transform_null_in = 1
SELECT n, n IN (1, NULL), n NOT IN (1, NULL), n IN (SELECT NULL::Nullable(UInt8)), n NOT IN (2), (n, 1) IN ((NULL, 1), (1, 2)) FROM (SELECT arrayJoin([1, 2, NULL]) AS n) SETTINGS transform_null_in = 1
SELECT n, nullIn(n, (1, NULL)), notNullIn(n, (1, NULL)) FROM (SELECT arrayJoin(['1', '2', NULL])::LowCardinality(Nullable(String)) AS n) SETTINGS transform_null_in = 1
