select number, number%3 p, row_number() over (partition by number%3 order by number desc) rn, rank() over (order by number%3) rk, dense_rank() over (order by number%3) dr from numbers(7) order by number
select number, sum(number) over (order by number) s, sum(number) over () t, sum(number) over (order by number rows between 1 preceding and 1 following) m, avg(number) over (partition by number%2) a from numbers(6) order by number
select number, lag(number) over (order by number), lead(number, 2, 99) over (order by number), lagInFrame(number) over (order by number), leadInFrame(number) over (order by number), first_value(number) over (partition by number%2 order by number), last_value(number) over (order by number), nth_value(number,2) over (order by number) from numbers(5) order by number
select number, count() over (order by number range between 2 preceding and 1 following) c, ntile(3) over (order by number), percent_rank() over (order by number%2), cume_dist() over (order by number%2) from numbers(7) order by number
select number%3 k, sum(number) s, rank() over (order by sum(number) desc) r from numbers(10) group by k order by r
select number, max(number) over w from numbers(5) window w as (partition by number%2 order by number desc)
select * from (select number, row_number() over (partition by number%3 order by number) rn from numbers(10)) where rn=1 order by number
select number from numbers(10) qualify row_number() over (partition by number%3 order by number)=2 order by number
select toDate('2020-01-01')+number d, count() over (order by toDate('2020-01-01')+number desc range between 1 preceding and current row) c from numbers(4) order by d
select number, groupArray(number) over (order by number rows between unbounded preceding and 1 preceding) c from numbers(4) order by number
