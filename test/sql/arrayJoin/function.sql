select arrayJoin([1,2,3]) x
select arrayJoin([1,2,3]) x, arrayJoin([10,20]) y order by x, y
select arrayJoin([1,2,3]) x where x > 1
select arrayJoin([1,2,2]) x, count() c group by x order by x
select sum(arrayJoin([1,2,3])), count()
select arrayJoin(groupArray(number)) x from numbers(3)
select arrayJoin(arrayMap(x -> x+1, range(number))) x, number from numbers(4) order by number, x
select x + 1, x from (select arrayJoin([1,2]) x) order by x
select arrayJoin(arrayJoin([[1,2],[3]])) x order by x
select number, arrayJoin(range(number)) a from numbers(4) where a > 0 order by number, a
select * from values((1,'a'),(2,'b'))
select row_number() over (order by x), arrayJoin([3,1]) x order by x
select distinct arrayJoin([1,1,2]) x order by x
