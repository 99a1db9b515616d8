WITH begins AS (
    SELECT bidder, date_time, date_time - lag(date_time) OVER bids > 10000 AS new
    FROM bid
    WINDOW bids AS (PARTITION BY bidder ORDER BY date_time)
), numbered AS (
    SELECT bidder, date_time, count(*) FILTER (new) OVER bids AS session
    FROM begins
    WINDOW bids AS (PARTITION BY bidder ORDER BY date_time)
)
SELECT
    bidder, count(*) AS bid_count, min(date_time) AS starttime, max(date_time) + 10000 AS endtime
FROM numbered
GROUP BY bidder, session
