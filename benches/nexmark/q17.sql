SELECT
    auction, strftime(epoch_ms(date_time), '%Y-%m-%d') AS day,
    count(*) AS total_bids,
    count(*) FILTER (price < 10000) AS rank1_bids,
    count(*) FILTER (price BETWEEN 10000 AND 999999) AS rank2_bids,
    count(*) FILTER (price >= 1000000) AS rank3_bids,
    min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price,
    sum(price)::BIGINT AS sum_price
FROM bid
GROUP BY ALL
