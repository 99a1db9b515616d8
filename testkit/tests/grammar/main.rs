//! A short soak: jobs that were written at random, over a few drawn inputs, compared with the
//! reference. `ouzel-soak` runs more of both.

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic, unused, missing_docs)]
mod jobs;
#[allow(dead_code)]
#[path = "../../../soak/src/model.rs"]
mod model;

use model::Event;
use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;

fn soaks<J: Job>(job: impl FnOnce() -> J, policy: OnError) {
    let check = check(job).on_error(policy);
    check.any_by("a", model::event).any_by("b", model::event).cases(3).agrees();
}

macro_rules! jobs {
    ($($job:ident $policy:ident)*) => {$(
        #[test]
        fn $job() {
            soaks(jobs::$job, OnError::$policy);
        }
    )*};
}

jobs! {
    job_0 DeadLetter
    job_1 Skip
    job_2 DeadLetter
    job_3 Skip
    job_4 DeadLetter
    job_5 Skip
    job_6 DeadLetter
    job_7 Skip
    job_8 DeadLetter
    job_9 Skip
    job_10 DeadLetter
    job_11 DeadLetter
}

/// Alarms that set themselves again.
#[job]
fn alarms(events: Stream<Event>) -> Stream<i64> {
    let keyed = events.key_by(|e| e.who).lateness(minutes(30));
    let alarms = keyed.process(0i64, |cx| {
        let time = cx.time().micros();
        if cx.record().is_none() {
            cx.emit(time);
        }
        cx.set_timer("again", Timestamp::from_micros(time + 45 * 60_000_000));
    });
    alarms.named("time")
}

/// Where a stream was started again after its end, they went off for ever.
#[test]
fn alarms_that_set_themselves_again_end_with_the_input() {
    check(alarms).any_by("events", model::event).cases(4).seed(1).agrees();
}
