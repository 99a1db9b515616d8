use ouzel::prelude::*;

#[derive(Clone, CheckLaws)]
struct NoValues;

#[derive(Clone, CheckLaws)]
#[laws(invertible)]
struct NoValuesAmongOthers;

#[derive(Clone, CheckLaws)]
#[laws(value = any::<u8>())]
struct Misspelt;

#[derive(Clone, CheckLaws)]
#[laws(values)]
struct NoStrategy;

#[derive(Clone, CheckLaws)]
#[laws(aggregate, values = any::<u8>())]
struct NoAggregate;

#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>(), idempotent = true)]
struct FlagWithValue;

#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>(), values = any::<u16>())]
struct Twice;

#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>())]
struct WithFields(usize);

#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>())]
struct WithParameters<const N: usize>;

#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>())]
enum Several {
    One,
    Other,
}

fn main() {}
