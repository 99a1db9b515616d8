//! Options, `()` and tuples.

use super::{Key, mix, take};

impl<K: Key> Key for Option<K> {
    type Itself = Self;
    type Present = K;

    fn present(view: Option<K::View<'_>>) -> Option<K::View<'_>> {
        view
    }

    fn encode(view: Option<K::View<'_>>, out: &mut Vec<u8>) {
        out.push(u8::from(view.is_some()));
        if let Some(view) = view {
            K::encode(view, out);
        }
    }

    fn decode(bytes: &mut &[u8]) -> Option<Option<K>> {
        match take::<1>(bytes)? {
            [0] => Some(None),
            [1] => Some(Some(K::decode(bytes)?)),
            _ => None,
        }
    }

    fn hash(view: Option<K::View<'_>>, state: u64) -> u64 {
        match view {
            None => mix(state, 0),
            Some(view) => K::hash(view, mix(state, 1)),
        }
    }

    fn same(&self, view: Option<K::View<'_>>) -> bool {
        match (self, view) {
            (Some(key), Some(view)) => key.same(view),
            (None, None) => true,
            _ => false,
        }
    }

    fn canonicalize(&mut self) {
        if let Some(key) = self {
            key.canonicalize();
        }
    }

    fn heap_bytes(view: Option<K::View<'_>>) -> usize {
        view.map_or(0, K::heap_bytes)
    }
}

impl Key for () {
    type Itself = Self;
    type Present = Self;

    #[inline(always)]
    fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
        Some(view)
    }

    fn encode((): (), _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<()> {
        Some(())
    }

    fn hash((): (), state: u64) -> u64 {
        state
    }

    fn same(&self, (): ()) -> bool {
        true
    }
}

macro_rules! tuples {
    ($($($t:ident $i:tt),+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($t: Key),+> Key for ($($t,)+) {
            type Itself = Self;
            type Present = Self;

            #[inline(always)]
            fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(view)
            }

            fn encode(view: Self::View<'_>, out: &mut Vec<u8>) {
                $($t::encode(view.$i, out);)+
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($t::decode(bytes)?,)+))
            }

            #[inline]
            fn hash(view: Self::View<'_>, state: u64) -> u64 {
                $(let state = $t::hash(view.$i, state);)+
                state
            }

            #[inline]
            fn same(&self, view: Self::View<'_>) -> bool {
                $(self.$i.same(view.$i))&&+
            }

            #[inline]
            fn canonicalize(&mut self) {
                $(self.$i.canonicalize();)+
            }

            fn heap_bytes(view: Self::View<'_>) -> usize {
                0 $(+ $t::heap_bytes(view.$i))+
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
