select number%3 k, sum(sum(number)) over (order by number%3) from numbers(9) group by k order by k
select count() from numbers(10) where number in (select number from numbers(3)) and (number, number) in ((1,1),(2,3))
select null in (1,null), 1 in (1,null), 2 not in (1,null)
select number from numbers(4) where number not in (select toNullable(1)) order by number
select number, number in (select arrayJoin([1,null])) from numbers(3) order by number
select a, c, sum(b) s from (select number%2 a, number%3 c, number b from numbers(12)) group by cube(a,c) order by a,c,s
select a, c, sum(b) s from (select number%2 a, number%3 c, number b from numbers(12)) group by grouping sets((a),(c),()) order by a,c,s
select number from numbers(10) order by number%3, number limit 1 by number%3
select number%3 x from numbers(10) order by x limit 2 with ties
select distinct on (number%3) number from numbers(10) order by number
select * from (select 1 union all select 2 except select 2) order by 1
select 1 intersect select 1
select exists(select 1 where 0), exists(select 1)
select (select number from numbers(1)), (select number from numbers(0))
with t as (select number n from numbers(3)) select sum(n), (select max(n) from t) from t
select a.k, b.k from (select number k from numbers(3)) a, (select number k from numbers(2)) b where a.k=b.k order by 1
select arrayMap(x -> x + number, [1,2]) from numbers(2)
select sum(x), count(x), avg(x), min(x), max(x), any(x) from (select nullIf(number,number) x from numbers(3))
select toTypeName(1+1), toTypeName(1/2), toTypeName(if(1,1,-1)), toTypeName([1,-1]), toTypeName((1,'a')), toTypeName(NULL), toTypeName(-1), toTypeName(1-2), toTypeName(300*2)
select number, count() over (partition by number%2) c from numbers(5) order by number limit 3
select sumIf(number, number>3), countIf(number>3), uniqExact(number%3), groupArray(number), quantile(0.5)(number) from numbers(10)
select argMin(number, -number), argMax(number, number), sum(number) filter (where number > 2) from numbers(5)
