//! From a fault to the plainest schedule and the smallest input that show it.

use crate::shrink::{Made, Records, count, smallest};
use crate::trial::{Fault, Inputs, Trial, Way};
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::interleave;
use ouzel::private::Part;

/// How many inputs are tried at the most.
pub(crate) const TRIES: usize = 400;

/// Under how many seeds an input of so many records is tried, since chance plays a part: the more,
/// the fewer there are.
fn seeds(records: usize) -> u64 {
    (32 / records.max(1) as u64).clamp(2, 12)
}

/// What was found.
pub(crate) struct Reduced {
    pub inputs: Inputs,
    pub fault: Fault,
    /// How many inputs were tried.
    pub tries: usize,
}

/// A row of the whole input: its partition, and its place there.
#[derive(Clone, Copy)]
struct Row(usize, usize);

impl Made for Row {
    fn numbers(&mut self) -> &mut [u64] {
        &mut []
    }
}

/// The smallest input of given rows that shows a fault; nothing if it does not come again under the
/// same schedule.
pub(crate) fn rows(trial: &Trial, inputs: &Inputs, fault: &Fault) -> Option<Reduced> {
    let rows = |(partition, batch): (usize, &RecordBatch)| {
        (0..batch.num_rows()).map(move |row| Row(partition, row)).collect()
    };
    let records: Records<Row> = inputs
        .iter()
        .map(|(_, partitions)| partitions.iter().enumerate().map(rows).collect())
        .collect();
    records_of(trial, records, &|records| picked(inputs, records), fault)
}

/// The same for an input that is made of something.
pub(crate) fn records_of<R: Made>(
    trial: &Trial,
    records: Records<R>,
    inputs_of: &dyn Fn(&Records<R>) -> Inputs,
    fault: &Fault,
) -> Option<Reduced> {
    let whole = inputs_of(&records);
    let fault = settled(trial, &whole, fault)?;
    let (mut found, mut tries) = (Reduced { inputs: whole, fault, tries: 0 }, 0);
    let way = found.fault.way.clone();
    smallest(records, TRIES, &mut |records| {
        tries += 1;
        let inputs = inputs_of(records);
        let mut ways = (0..seeds(count(records))).map(|n| way.seeded(way.seed.wrapping_add(n)));
        match ways.find_map(|way| trial.under(&inputs, &way)) {
            Some(fault) => {
                found = Reduced { inputs, fault, tries };
                true
            }
            None => false,
        }
    });
    Some(Reduced { tries, ..found })
}

/// The fault under a schedule that shows it each time, if one is found: with several workers it may
/// be a matter of timing.
fn settled(trial: &Trial, inputs: &Inputs, fault: &Fault) -> Option<Fault> {
    let mut again = (0..TIMES).filter_map(|_| trial.under(inputs, &fault.way));
    let found = again.next().map(|fault| plainest(trial, inputs, fault));
    if found.as_ref().is_some_and(|fault| fault.schedule.workers == 1) {
        return found;
    }
    let seeds = (0..OTHER_SEEDS).map(|n| trial.seed.wrapping_add(n));
    let mut others = seeds.flat_map(Way::all).map(|way| way.without(Part::Workers));
    let other = others.find_map(|way| trial.under(inputs, &way));
    other.map(|fault| plainest(trial, inputs, fault)).or(found)
}

/// How often a fault is looked for under its own schedule, and under how many seeds then.
const TIMES: usize = 4;
const OTHER_SEEDS: u64 = 4;

/// Takes out of the schedule what does not matter: several workers above all, since with one a run
/// is the same each time.
fn plainest(trial: &Trial, inputs: &Inputs, mut fault: Fault) -> Fault {
    for part in Part::ALL {
        if fault.schedule.clone().without(part) != fault.schedule
            && let Some(plainer) = trial.under(inputs, &fault.way.without(part))
        {
            fault = plainer;
        }
    }
    fault
}

/// The rows that were picked, by partition and row in the whole input.
fn picked(whole: &Inputs, records: &Records<Row>) -> Inputs {
    let inputs = whole.iter().zip(records).map(|((name, batches), partitions)| {
        let partitions = partitions.iter().map(|rows| interleaved(batches, rows));
        (name.clone(), partitions.collect())
    });
    inputs.collect()
}

fn interleaved(batches: &[RecordBatch], rows: &[Row]) -> RecordBatch {
    // Rows are picked from what is there, so that there is a batch, and columns are as they were.
    let schema = batches[0].schema();
    let places: Vec<_> = rows.iter().map(|Row(partition, row)| (*partition, *row)).collect();
    let column = |column: usize| -> ArrayRef {
        let arrays: Vec<&dyn Array> = batches.iter().map(|b| &**b.column(column)).collect();
        interleave(&arrays, &places).expect("rows of these columns")
    };
    let columns = (0..schema.fields().len()).map(column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(schema, columns, &options).expect("columns of this schema")
}
