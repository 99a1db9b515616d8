SELECT
    bidder, count(*) AS bid_count, date_time // 10000 * 10000 AS starttime, starttime + 10000 AS endtime
FROM bid
GROUP BY ALL
