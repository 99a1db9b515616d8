-- Filed by dt and hm.
SELECT
    auction, bidder, price, date_time, extra,
    strftime(epoch_ms(date_time), '%Y-%m-%d') AS dt, strftime(epoch_ms(date_time), '%H:%M') AS hm
FROM bid
