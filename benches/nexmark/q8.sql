SELECT id, name, date_time // 10000 * 10000 AS starttime
FROM person
WHERE (id, date_time // 10000) IN (SELECT (seller, date_time // 10000) FROM auction)
