WITH finals AS (
    SELECT id, seller, expires, max(price) AS price
    FROM bid JOIN auction ON bid.auction = id
    WHERE bid.date_time BETWEEN auction.date_time AND expires
    GROUP BY ALL
), last AS (
    SELECT seller, price FROM finals
    QUALIFY row_number() OVER (PARTITION BY seller ORDER BY expires DESC, id DESC) <= 10
)
SELECT seller, avg(price) AS avg_price FROM last GROUP BY ALL
