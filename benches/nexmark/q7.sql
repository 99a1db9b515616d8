WITH greatest AS (
    SELECT date_time // 10000 AS pane, max(price) AS price FROM bid GROUP BY ALL
)
SELECT auction, bidder, bid.price, date_time, extra
FROM bid JOIN greatest ON date_time // 10000 = pane AND bid.price = greatest.price
