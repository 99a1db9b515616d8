//! Which row groups can hold no record of interest, by their statistics.
//!
//! A row group is left out only if decoding its rows could not have failed either: a null where
//! none may be, or a time out of range, is to be told. Bounds may be shortened texts, which are
//! bounds all the same; a NaN meets no comparison, and as a bound it says nothing.

use arrow::datatypes::{DataType, Schema, TimeUnit};
use ouzel_dsl::connector::{Comparator, Comparison, Constant, Pruned, Request};
use ouzel_dsl::schema::{Field, Type, Wire};
use parquet::basic::{ColumnOrder, SortOrder};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use std::cmp::Ordering;

/// What is left out with a row group, if it can be.
pub(super) fn outcome(
    request: &Request,
    schema: &Schema,
    file: &ParquetMetaData,
    group: &RowGroupMetaData,
) -> Option<Pruned> {
    if request.prune.is_empty() || group.num_rows() <= 0 {
        return None;
    }
    let column = |index: usize| Chunk::new(request.fields.get(index)?, schema, file, group);
    let excluded = |c: &Comparison| column(c.field).is_some_and(|column| column.excludes(c));
    if !request.prune.iter().any(excluded) {
        return None;
    }
    let needed = request.read.iter().copied().chain(request.event_time);
    for index in needed {
        let field = request.fields.get(index)?;
        let present = schema.fields().iter().any(|f| *f.name() == field.name);
        match present {
            // The default stands in, which cannot fail.
            false if field.has_default => {}
            _ => column(index).filter(Chunk::cannot_fail).map(|_| ())?,
        }
    }
    let event_time_max = match request.event_time {
        None => None,
        Some(index) => column(index)?.time_max()?,
    };
    Some(Pruned { rows: group.num_rows() as u64, event_time_max })
}

/// A column of one row group.
struct Chunk<'a> {
    field: &'a Field,
    found: &'a DataType,
    /// Its statistics.
    statistics: Option<&'a Statistics>,
    /// Whether the order of their bounds is the one that is compared by.
    ordered: bool,
    rows: i64,
    /// Whether the file's schema rules out nulls.
    required: bool,
}

/// A bound as the field's own type.
#[derive(Debug)]
enum Value<'a> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a [u8]),
}

impl<'a> Chunk<'a> {
    fn new(
        field: &'a Field,
        schema: &'a Schema,
        file: &'a ParquetMetaData,
        group: &'a RowGroupMetaData,
    ) -> Option<Chunk<'a>> {
        let root = schema.fields().iter().position(|f| *f.name() == field.name)?;
        let found = schema.fields().get(root)?;
        let parquet = file.file_metadata().schema_descr();
        let mut leaves =
            (0..parquet.num_columns()).filter(|l| parquet.get_column_root_idx(*l) == root);
        let leaf = leaves.next()?;
        if leaves.next().is_some() || parquet.column(leaf).max_rep_level() > 0 {
            return None;
        }
        let statistics = group.columns().get(leaf)?.statistics();
        let order = file.file_metadata().column_order(leaf);
        let ordered = statistics.is_some_and(|s| !s.is_min_max_deprecated())
            && matches!(order, ColumnOrder::TYPE_DEFINED_ORDER(o) if o != SortOrder::UNDEFINED);
        let required = parquet.column(leaf).max_def_level() == 0;
        Some(Chunk {
            field,
            found: found.data_type(),
            statistics,
            ordered,
            rows: group.num_rows(),
            required,
        })
    }

    fn nulls(&self) -> Option<i64> {
        match self.required {
            true => Some(0),
            false => self.statistics?.null_count_opt().map(|n| n as i64),
        }
    }

    /// Whether no value can meet a comparison.
    fn excludes(&self, comparison: &Comparison) -> bool {
        if self.nulls() == Some(self.rows) {
            // A null meets nothing.
            return !self.field.has_default;
        }
        if self.field.has_default && self.nulls() != Some(0) {
            return false;
        }
        let (Some(min), Some(max)) = (self.bound(false), self.bound(true)) else { return false };
        // The job compares an `f32` with the constant as an `f32`.
        let value = match (&self.field.ty, &comparison.value) {
            (Type::Float { bits: 32 }, Constant::Float(c)) => Constant::Float(f64::from(*c as f32)),
            (_, value) => value.clone(),
        };
        let (min, max) = match (min.compare(&value), max.compare(&value)) {
            (Some(min), Some(max)) => (min, max),
            _ => return false,
        };
        match comparison.op {
            Comparator::Less => min != Ordering::Less,
            Comparator::LessOrEqual => min == Ordering::Greater,
            Comparator::Equal => min == Ordering::Greater || max == Ordering::Less,
            Comparator::GreaterOrEqual => max == Ordering::Less,
            Comparator::Greater => max != Ordering::Greater,
        }
    }

    /// Whether every value is one of the field's.
    fn cannot_fail(&self) -> bool {
        let nulls = self.field.nullable || self.field.has_default || self.nulls() == Some(0);
        let values = match (&self.field.ty, self.field.wire) {
            // Names of an enum and texts of a time are checked when they are read; nested values
            // have no statistics of their own.
            (Type::Enum(_) | Type::Struct(_) | Type::List(_), _) => false,
            (Type::Timestamp, Wire::Format(_)) => false,
            (Type::Timestamp, _) => self.nulls() == Some(self.rows) || self.times_fit(),
            _ => true,
        };
        nulls && values
    }

    /// Whether all times can be given in microseconds.
    fn times_fit(&self) -> bool {
        let fits = |max| match self.bound(max) {
            Some(Value::Int(micros)) => i64::try_from(micros).is_ok(),
            _ => false,
        };
        matches!(self.unit(), Some((_, 1..))) || (fits(false) && fits(true))
    }

    /// The greatest time, exactly; `Some(None)` if there is none.
    fn time_max(&self) -> Option<Option<i64>> {
        if self.nulls() == Some(self.rows) {
            return Some(None);
        }
        let exact = self.statistics.is_some_and(Statistics::max_is_exact);
        match self.bound(true) {
            Some(Value::Int(micros)) if exact => i64::try_from(micros).ok().map(Some),
            _ => None,
        }
    }

    /// How a raw time becomes microseconds: by multiplying, or by dividing.
    fn unit(&self) -> Option<(i128, i128)> {
        let unit = match (self.found, self.field.wire) {
            (DataType::Timestamp(unit, _), _) => *unit,
            (_, Wire::Seconds) => TimeUnit::Second,
            (_, Wire::Millis) => TimeUnit::Millisecond,
            (_, Wire::Micros) => TimeUnit::Microsecond,
            (_, Wire::Nanos) => TimeUnit::Nanosecond,
            _ => return None,
        };
        Some(match unit {
            TimeUnit::Second => (1_000_000, 0),
            TimeUnit::Millisecond => (1_000, 0),
            TimeUnit::Microsecond => (1, 1),
            TimeUnit::Nanosecond => (1, 1_000),
        })
    }

    /// The lower or upper bound of the values.
    fn bound(&self, max: bool) -> Option<Value<'a>> {
        macro_rules! of {
            ($s:expr) => {
                if max { $s.max_opt()? } else { $s.min_opt()? }
            };
        }
        let integer = match self.statistics.filter(|_| self.ordered)? {
            Statistics::Boolean(s) if self.field.ty == Type::Bool => {
                return Some(Value::Bool(*of!(s)));
            }
            Statistics::Float(s) if matches!(self.field.ty, Type::Float { .. }) => {
                return Some(Value::Float(f64::from(*of!(s))));
            }
            Statistics::Double(s) if self.field.ty == (Type::Float { bits: 64 }) => {
                return Some(Value::Float(*of!(s)));
            }
            Statistics::ByteArray(s) if self.field.ty == Type::Str => {
                return Some(Value::Text(of!(s).data()));
            }
            Statistics::Int32(s) => match self.found {
                DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => i128::from(*of!(s) as u32),
                _ => i128::from(*of!(s)),
            },
            Statistics::Int64(s) if *self.found == DataType::UInt64 => i128::from(*of!(s) as u64),
            Statistics::Int64(s) => i128::from(*of!(s)),
            _ => return None,
        };
        match (&self.field.ty, self.found) {
            (Type::Timestamp, _) => {
                let (multiplied, divided) = self.unit()?;
                Some(Value::Int((integer * multiplied).div_euclid(divided.max(1))))
            }
            (Type::Int { .. }, found) if found.is_integer() => Some(Value::Int(integer)),
            (Type::Date, DataType::Date32) => Some(Value::Int(integer)),
            // Of at most 32 bits, since the field would not accept others.
            (Type::Float { .. }, found) if found.is_integer() => Some(Value::Float(integer as f64)),
            _ => None,
        }
    }
}

impl Value<'_> {
    fn compare(&self, constant: &Constant) -> Option<Ordering> {
        match (self, constant) {
            (Value::Bool(value), Constant::Bool(constant)) => Some(value.cmp(constant)),
            (Value::Int(value), Constant::Int(constant)) => Some(value.cmp(constant)),
            // Not of a NaN on either side.
            (Value::Float(value), Constant::Float(constant)) => value.partial_cmp(constant),
            (Value::Text(value), Constant::Text(constant)) => {
                Some((*value).cmp(constant.as_bytes()))
            }
            _ => None,
        }
    }
}
