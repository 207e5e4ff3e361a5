CREATE TABLE o (k UInt8, v Int32) ENGINE=Memory
INSERT INTO o VALUES (1,10),(2,20),(3,30)
CREATE TABLE i (k UInt8, w Int32) ENGINE=Memory
INSERT INTO i VALUES (1,5),(1,6),(2,7)
SELECT k, (SELECT count() FROM i WHERE i.k = o.k) AS c, (SELECT sum(w) FROM i WHERE i.k = o.k) AS s, (SELECT max(w) FROM i WHERE i.k = o.k AND w < 6) AS m, toTypeName(c), toTypeName(m) FROM o ORDER BY k
SELECT k FROM o WHERE EXISTS (SELECT 1 FROM i WHERE i.k = o.k) ORDER BY k
SELECT k FROM o WHERE NOT EXISTS (SELECT * FROM i WHERE i.k = o.k) ORDER BY k
SELECT k FROM o WHERE EXISTS (SELECT 1 FROM i WHERE i.w * 3 > o.v) ORDER BY k
SELECT k, EXISTS (SELECT 1 FROM i WHERE i.k = o.k AND i.w > o.k + 4) FROM o ORDER BY k
SELECT k, (SELECT w FROM i WHERE i.k = o.k) FROM o WHERE k > 1 ORDER BY k
SELECT k FROM o WHERE v > (SELECT avg(w) * 2 FROM i WHERE i.k = o.k) ORDER BY k
SELECT k, (SELECT max(w) FROM i WHERE i.w < o.v) FROM o ORDER BY k
SELECT k, (SELECT o.v + 1) FROM o ORDER BY k
SELECT k, sum(v), (SELECT max(w) FROM i WHERE i.k = o.k) AS m FROM o GROUP BY k ORDER BY k
SELECT k, v FROM o AS a WHERE v = (SELECT max(v) FROM o AS b WHERE b.k <= a.k) ORDER BY k
SELECT k, (SELECT groupArray(w) FROM i WHERE i.k = o.k) FROM o ORDER BY k
SELECT count() FROM o WHERE EXISTS (SELECT 1 FROM i JOIN o AS p ON i.k = p.k WHERE p.v = o.v AND i.w > 5)
