select a.*, b.* from (select number k, 'x' v from numbers(2)) a join (select number k, 'y' w from numbers(3)) b using k order by k
select k, v, w from (select number k, 'x' v from numbers(2)) a full join (select number+1 k, 'y' w from numbers(3)) b using k order by k
select k, v, w from (select number k, 'x' v from numbers(2)) a full join (select number+1 k, 'y' w from numbers(3)) b using k order by k settings join_use_nulls=1
select * from (select number k, 'x' v from numbers(2)) a right join (select number+1 k, 'y' w from numbers(3)) b using k order by k
select * from (select number k from numbers(3)) a left join (select number+1 k, 'y' w from numbers(3)) b on a.k=b.k order by a.k
select a.k, b.v from (select number k from numbers(3)) a any left join (select number%2 k, number v from numbers(4)) b on a.k=b.k order by 1
select a.k from (select number k from numbers(3)) a semi join (select 1 k) b on a.k=b.k
select a.k from (select number k from numbers(3)) a anti join (select 1 k) b on a.k=b.k order by 1
select t.k, t.t, q.t from (select 1 k, number t from numbers(4)) t asof join (select 1 k, number*2 t from numbers(3)) q on t.k=q.k and t.t>=q.t order by t.t
select a.k, b.k from (select number k from numbers(3)) a join (select number k from numbers(2)) b on a.k=b.k or a.k=b.k+1 order by 1,2
