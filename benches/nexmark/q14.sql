SELECT
    auction, bidder, price::DOUBLE * 0.908::DOUBLE AS price,
    CASE
        WHEN hour(epoch_ms(date_time)) BETWEEN 8 AND 18 THEN 'dayTime'
        WHEN hour(epoch_ms(date_time)) IN (7, 19) THEN 'otherTime'
        ELSE 'nightTime'
    END AS bid_time_type,
    date_time, extra, length(extra) - length(replace(extra, 'c', '')) AS c_counts
FROM bid
WHERE bid.price::DOUBLE * 0.908::DOUBLE > 1000000 AND bid.price::DOUBLE * 0.908::DOUBLE < 50000000
