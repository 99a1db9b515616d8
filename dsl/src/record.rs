//! Records: named columns.

use crate::data::{Bad, Data};
use crate::schema::Field;
use arrow::array::RecordBatch;
use arrow::buffer::ScalarBuffer;

/// A struct whose fields are columns; made by `#[derive(Record)]`.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::{Data, Record, Timestamp};
///
/// #[derive(Record)]
/// # #[record(crate = ouzel_dsl)]
/// struct Flight {
///     #[record(event_time)]
///     scheduled: Timestamp,
///     carrier: String,
///     dep_delay: Option<f64>,
/// }
///
/// assert_eq!(Flight::NAMES, ["scheduled", "carrier", "dep_delay"]);
/// # let flight = Flight {
/// #     scheduled: "2013-01-01T10:15:00Z".parse()?,
/// #     carrier: "UA".to_owned(),
/// #     dep_delay: None,
/// # };
/// // What closures see: as `Flight`, but borrowed and `Copy`.
/// let view: FlightRef<'_> = flight.view();
/// let later = FlightRef { dep_delay: Some(12.0), ..view };
/// assert_eq!(later.carrier, "UA");
/// # Ok::<(), String>(())
/// ```
///
/// # Fields
///
/// | Rust | in the view | Arrow |
/// |---|---|---|
/// | `bool`, `i8` to `i64`, `u8` to `u64`, `f32`, `f64` | the same | the same |
/// | `String` | `&str` | text, also in dictionaries and views |
/// | [`Bytes`](crate::Bytes) | `&[u8]` | binary; `Vec<u8>` is a list of numbers |
/// | [`Timestamp`](crate::Timestamp), [`Date`](crate::Date) | the same | timestamp in microseconds, UTC; 32-bit days |
/// | [`Decimal<S>`](crate::Decimal) | the same | 128-bit decimal with `S` digits after the point |
/// | `Option<T>` | an option of `T`'s view | nulls |
/// | `Vec<T>` | [`List<T>`](crate::List) | list |
/// | tuples of up to sixteen | a tuple of views | struct with fields `0`, `1` and so on |
/// | another record | its `Ref` | struct |
/// | an enum without fields | the same | text |
///
/// A null where the type has none makes the row undecodable, and the error policy decides.
///
/// `#[record(..)]` on a field:
///
/// - `event_time`: the field, a `Timestamp`, is when the record happened. It counts in a job's inputs
///   only.
/// - `meta = ".."`: where the input is a log of messages, the field is of the message and not of its
///   value; see below.
/// - `rename = "name"`: the column's name.
/// - `default`, `default = value`: in the place of null, and of a column that is missing, stands
///   `Default::default()` or the value.
/// - `unit = "s"`, `"ms"`, `"us"` or `"ns"`: a `Timestamp` is an integer since 1970 outside. What
///   is finer is cut off towards the past when it is written.
/// - `format = "%d.%m.%Y %H:%M"`: a `Timestamp` is text in this `strftime` format outside, in UTC
///   unless the format holds an offset.
///
/// On the struct or enum:
///
/// - `rename_all = ".."` for all names that have no `rename`: `camelCase`, `PascalCase`,
///   `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `lowercase` or `UPPERCASE`.
/// - `crate = path`: where Ouzel is, if not at `::ouzel`.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::{Record, Timestamp};
///
/// #[derive(Record)]
/// #[record(rename_all = "camelCase")]
/// # #[record(crate = ouzel_dsl)]
/// struct Fare {
///     #[record(event_time, unit = "ms")]
///     paid_at: Timestamp,
///     #[record(rename = "amt", default = 1.5)]
///     amount: f64,
///     #[record(default = "EUR")]
///     currency: String,
///     payment: Payment,
/// }
///
/// #[derive(Clone, Copy, Record)]
/// #[record(rename_all = "kebab-case")]
/// # #[record(crate = ouzel_dsl)]
/// enum Payment {
///     CreditCard,
///     #[record(rename = "notes and coins")]
///     Cash,
/// }
///
/// assert_eq!(Fare::NAMES, ["paidAt", "amt", "currency", "payment"]);
/// ```
///
/// # Messages
///
/// Where an input is a log of messages, such as a topic of Kafka, a record is a message's value. A
/// field with `meta` holds what comes with the value:
///
/// | `meta` | what it is | type |
/// |---|---|---|
/// | `"key"` | the message's key | `String`, `Bytes` or an option of these |
/// | `"header:NAME"` | the last header of this name | `String`, `Bytes` or an option of these |
/// | `"timestamp"` | when it was made or appended, as the topic is set | `Timestamp`, or an option of it |
/// | `"partition"` | the number of its partition | an integer |
/// | `"offset"` | its offset in the partition | an integer of 64 bits |
/// | `"topic"` | the name of the topic | `String` |
///
/// A key or header that a message lacks is `None`. Where the field is no option and has no `default`,
/// such a message cannot be decoded, as with any null. In files such a field is a column as any
/// other, so that one record reads a topic and the files it is kept in. Only fields of the input's
/// own record are of the message, not those of records nested in it.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::schema::Meta;
/// use ouzel::{Record, Timestamp};
///
/// #[derive(Record)]
/// # #[record(crate = ouzel_dsl)]
/// struct Order {
///     #[record(event_time, meta = "timestamp")]
///     at: Timestamp,
///     #[record(meta = "key", rename = "order_id")]
///     id: String,
///     #[record(meta = "header:trace-id")]
///     trace: Option<String>,
///     #[record(meta = "offset")]
///     offset: i64,
///     amount: f64,
/// }
///
/// assert_eq!(Order::NAMES, ["at", "order_id", "trace", "offset", "amount"]);
/// assert_eq!(Order::fields()[2].meta, Some(Meta::Header("trace-id")));
/// assert_eq!(Order::fields()[4].meta, None);
/// ```
///
/// # Enums
///
/// An enum is its own view, so that it must be `Clone` and `Copy`. On the wire it is the variant's
/// name; another text makes the row undecodable.
///
/// # Keys
///
/// A record is a [`Key`](crate::Key) if all its fields are: it is compared field by field. Enums
/// compare by the order of their variants.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "a job's inputs are streams of records",
    note = "put `#[derive(Record)]` on the struct"
)]
pub trait Record: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Record;
    /// The struct's name.
    const NAME: &'static str;
    /// The Rust names of the fields, in order.
    const FIELDS: &'static [&'static str];
    /// Their names on the wire.
    const NAMES: &'static [&'static str];

    /// The fields as columns.
    fn fields() -> Vec<Field>;

    /// Opens the columns of a source's batch, found by name. Those that the batch lacks are
    /// absent, unless the field has a default.
    fn open_batch(batch: &RecordBatch, bad: &mut Bad) -> Self::Column;

    /// The index of the field with the event time.
    fn event_time() -> Option<usize>;

    /// The event times of a source's batch in microseconds, if the record has them.
    fn event_times(batch: &RecordBatch, bad: &mut Bad) -> Option<ScalarBuffer<i64>>;
}
