SELECT if(1, 1, intDiv(1,0))
SELECT if(number=0, 0, intDiv(1, number)), multiIf(number=1, 5, number=0, 3, intDiv(3,number)), number = 0 OR intDiv(1, number) = 1, number != 0 AND intDiv(1, number) = 1 from numbers(3)
SELECT number from numbers(3) where number != 0 AND intDiv(1, number) = 1
SELECT number from numbers(3) where number > 0 AND intDiv(1, number) = 1 AND number < 10
SELECT arrayMap(x -> if(x = 0, 0, intDiv(10, x)), [0, 1, 2])
SELECT if(s = 'x', 0, toInt32(s)) FROM (SELECT arrayJoin(['1','x','3']) AS s)
SELECT if(0, throwIf(1), 2), multiIf(0, throwIf(1), 2), 0 AND throwIf(1), 1 OR throwIf(1)
SELECT if(number % 2, throwIf(number % 2 = 0), 7), sum(if(number = 0, 0, 10 % number)) OVER () FROM numbers(4)
SELECT number, if(number < 2, NULL, intDiv(4, number - 1)) FROM numbers(4)
SELECT number, n AND intDiv(1, number) FROM (SELECT number, if(number = 0, 0, NULL) AS n FROM numbers(3))
SELECT CASE WHEN number = 0 THEN 'zero' WHEN intDiv(6, number) > 3 THEN 'big' ELSE toString(intDiv(6, number)) END FROM numbers(5)
