//! How an aggregate is kept, by what kind of windows it is over.

use crate::monoid::Takes;
use crate::plain::Plain;
use crate::reference::TableMeaning;
use crate::sessions::Sessions;
use crate::tabled::Tabled;
use ouzel_dsl::{Aggregate, Calendar, Hopping, Key, Session, Tumbling, Unwindowed, Windows};

/// Windows, and how an aggregate over them is kept.
pub trait Grouping: Windows {
    /// The aggregate as a keyed operator.
    type Kept<K: Key, A: Aggregate>: Tabled<K, Self, Keys = Self::Keyed<K>, Values = A::Out>
        + TableMeaning<K, Self>
        + Takes<0, In = A::In>;
    /// How much longer than by the lateness final rows hold the watermark back, in microseconds.
    const HOLDS_BESIDES: i64 = 0;

    /// Makes it one.
    fn kept<K: Key, A: Aggregate>(self, aggregate: A) -> Self::Kept<K, A>;
}

macro_rules! by_time {
    ($($windows:ty)*) => {$(
        impl Grouping for $windows {
            type Kept<K: Key, A: Aggregate> = Plain<A>;

            fn kept<K: Key, A: Aggregate>(self, aggregate: A) -> Plain<A> {
                Plain(aggregate)
            }
        }
    )*};
}

by_time! { Unwindowed Tumbling Hopping Calendar }

impl Grouping for Session {
    type Kept<K: Key, A: Aggregate> = Sessions<A>;
    // A session is closed when its end has passed, a window when it is reached.
    const HOLDS_BESIDES: i64 = 1;

    fn kept<K: Key, A: Aggregate>(self, aggregate: A) -> Sessions<A> {
        Sessions::new(self, aggregate)
    }
}
