use crate::data::{Bad, Builder, Column, Data, Draw, Produce};
use crate::schema::{Field, Type};
use arrow::array::ArrayRef;
use std::fmt;

/// An estimate. It may be written out, and nothing may depend on it.
///
/// It is the same in batch and stream, since sketches merge exactly; but it says what the sketch
/// holds, and another sketch of the same records would say something else. So it has no number to
/// look at: that a job filters, keys, sorts, sums or puts into windows by an estimate is an error
/// when it is compiled. A record may have a field of it, and an output a column, which is one of
/// plain numbers, or of lists or bytes where these are what is estimated.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::{Approx, Record};
///
/// #[derive(Record)]
/// # #[record(crate = ouzel_dsl)]
/// struct Stats {
///     users: Approx<u64>,
///     p99: Option<Approx<f64>>,
/// }
/// # let _ = Stats { users: Approx::new(3), p99: None };
/// ```
///
/// ```compile_fail
/// # use ouzel_dsl::Approx;
/// fn many(users: Approx<u64>) -> bool {
///     users > Approx::new(100)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Approx<T>(T);

impl<T> Approx<T> {
    /// An estimate: what aggregates give, and tests expect.
    pub fn new(value: T) -> Approx<T> {
        Approx(value)
    }

    #[cfg(test)]
    pub(super) fn into_inner(self) -> T {
        self.0
    }
}

/// Says that there is an estimate, and not which.
impl<T> fmt::Debug for Approx<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Approx(..)")
    }
}

impl<T: Data> Data for Approx<T> {
    type View<'a> = Approx<T::View<'a>>;
    type Column = ApproxColumn<T>;
    type Builder = ApproxBuilder<T>;
    const NULLABLE: bool = T::NULLABLE;

    fn ty() -> Type {
        T::ty()
    }

    fn view(&self) -> Approx<T::View<'_>> {
        Approx(self.0.view())
    }

    fn own(view: Approx<T::View<'_>>) -> Approx<T> {
        Approx(T::own(view.0))
    }

    fn draw(source: &mut dyn Draw) -> Approx<T> {
        Approx(T::draw(source))
    }

    fn shorten<'a: 'b, 'b>(view: Approx<T::View<'a>>) -> Approx<T::View<'b>> {
        Approx(T::shorten(view.0))
    }

    fn store(view: Approx<T::View<'_>>, out: &mut Vec<u8>) {
        T::store(view.0, out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<Approx<T::View<'a>>> {
        T::load(bytes).map(Approx)
    }
}

impl<T: Produce> Produce for Approx<T> {
    type Data = Approx<T::Data>;

    fn produce(&self) -> Approx<<T::Data as Data>::View<'_>> {
        Approx(self.0.produce())
    }
}

/// A column of estimates: as one of what is estimated.
pub struct ApproxColumn<T: Data>(T::Column);

impl<T: Data> Column<Approx<T>> for ApproxColumn<T> {
    fn absent() -> Self {
        ApproxColumn(T::Column::absent())
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        ApproxColumn(T::Column::open(array, field, bad))
    }

    fn get(&self, row: usize) -> Approx<T::View<'_>> {
        Approx(self.0.get(row))
    }
}

/// Builds a column of estimates.
pub struct ApproxBuilder<T: Data>(T::Builder);

impl<T: Data> Default for ApproxBuilder<T> {
    fn default() -> Self {
        ApproxBuilder(T::Builder::default())
    }
}

impl<T: Data> Builder<Approx<T>> for ApproxBuilder<T> {
    fn push(&mut self, view: Approx<T::View<'_>>) {
        self.0.push(view.0);
    }

    fn push_null(&mut self) {
        self.0.push_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}
