//! The weather at each airport in the last six hours, anew each hour, and alerts of strong gusts.

use ouzel::prelude::*;

#[derive(Record)]
struct Observation {
    #[record(event_time)]
    time: Timestamp,
    origin: String,
    temp: Option<f64>,
    wind_speed: Option<f64>,
    wind_gust: Option<f64>,
}

/// The weather of a window: degrees Fahrenheit and miles per hour.
#[derive(Record)]
struct Weather {
    observations: u64,
    mean_temp: Option<f64>,
    max_wind: Option<f64>,
    max_gust: Option<f64>,
}

/// A window with a strong gust.
#[derive(Record)]
struct Alert {
    origin: String,
    window_start: Timestamp,
    window_end: Timestamp,
    max_gust: f64,
}

/// Six hours of weather at each airport, anew each hour, and alerts of gusts of `gust` mph or more.
///
/// `conditions` has a row for each airport and window. `alerts` gives a window with a strong gust
/// once, when no observation can change it any more: an hour after its end, as the observations'
/// own times tell. `late` has those that came after that, once for each window that they missed.
///
/// A wind of 200 mph or more is taken for an error of the instrument: the data has one of 1,048.
#[job]
fn weather(
    observations: Stream<Observation>,
    gust: f64,
) -> (Table<Windowed<String>, Weather>, Stream<Alert>, Stream<Observation>) {
    let windows = observations
        .filter(|o| o.wind_speed < Some(200.0))
        .key_by(|o| o.origin)
        .window(hopping(hours(6), hours(1)))
        .lateness(hours(1));
    let conditions = windows.aggregate(Weather {
        observations: count(),
        mean_temp: mean(|o| o.temp),
        max_wind: max(|o| o.wind_speed),
        max_gust: max(|o| o.wind_gust),
    });
    let alerts = conditions.finals().filter_map(|f| {
        let strongest = f.value.max_gust.filter(|strongest| *strongest >= gust)?;
        Some(AlertRef {
            origin: f.key,
            window_start: f.window.start,
            window_end: f.window.end,
            max_gust: strongest,
        })
    });
    let late = windows.late();

    (conditions, alerts, late)
}

fn main() -> ExitCode {
    weather.main()
}
