//! What is promised of jobs over Kafka, under faults.

use ouzel_kafka_broker::skipped;
use ouzel_kafka_soak::{Kind, Mode, Report, Told, soak};

fn told(faults: u64, seed: u64) -> Told {
    let told = Told::new(env!("CARGO_BIN_EXE_ouzel-kafka-soak"));
    Told { faults, seed, round: faults, quick: true, ..told }
}

fn exactly_once(mode: Mode) {
    if skipped() {
        return;
    }
    let report = soak(&Told { mode: Some(mode), ..told(25, 1) }).unwrap();
    assert_eq!(report.differences(), (0, 0), "{report}");
    assert_eq!((report.count(), report.stuck), (25, 0), "{report}");
    assert!(report.ids.rows > 1_000, "{report}");
}

#[test]
fn a_process_alone_counts_every_record_once() {
    exactly_once(Mode::Alone);
}

#[test]
fn processes_of_a_group_count_every_record_once() {
    exactly_once(Mode::Group);
}

fn at_least_once(mode: Mode) -> Option<Report> {
    let kinds = vec![Kind::KillWriting];
    let told = Told { mode: Some(mode), exactly_once: false, kinds, ..told(12, 1) };
    (!skipped()).then(|| soak(&told).unwrap())
}

/// So that it is known that the soak can fail.
#[test]
fn at_least_once_records_are_doubled_and_none_is_lost() {
    let Some(report) = at_least_once(Mode::Alone) else { return };
    assert_eq!(report.ids.lost, 0, "{report}");
    assert!(report.ids.doubled > 0, "{report}");
    assert!(report.outputs.values().all(|output| output.lost == 0), "{report}");
}
