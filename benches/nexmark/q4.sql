WITH finals AS (
    SELECT id, category, max(price) AS price
    FROM bid JOIN auction ON bid.auction = id
    WHERE bid.date_time BETWEEN auction.date_time AND expires
    GROUP BY ALL
)
SELECT category, avg(price) AS avg_price FROM finals GROUP BY ALL
