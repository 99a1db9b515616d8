//! How the view of a field is written in `NameRef<'a>`.
//!
//! A view must be covariant in `'a`: the types of a job are checked with `'static`, and its stages
//! run with a shorter life. Types of Ouzel and std are therefore written out. Those of the user
//! may be records, enums or aliases, which no macro can tell apart; a projection
//! `<T as Data>::View<'a>` in a field would make the whole view invariant. Such a field is a type
//! parameter instead, and the projection its argument.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

/// The view of a type that is known by its name.
pub(super) struct View {
    pub(super) tokens: TokenStream,
    /// Whether it uses `'a`.
    pub(super) borrows: bool,
}

/// The view of a type, if it is known.
pub(super) fn known(ty: &Type, root: &TokenStream) -> Option<View> {
    let plain = || Some(View { tokens: quote!(#ty), borrows: false });
    let borrowed = |tokens| Some(View { tokens, borrows: true });
    match ty {
        Type::Group(group) => known(&group.elem, root),
        Type::Paren(paren) => known(&paren.elem, root),
        Type::Tuple(tuple) if (1..=12).contains(&tuple.elems.len()) => {
            let parts: Vec<_> =
                tuple.elems.iter().map(|t| known(t, root)).collect::<Option<_>>()?;
            let views = parts.iter().map(|part| &part.tokens);
            let borrows = parts.iter().any(|part| part.borrows);
            Some(View { tokens: quote!((#(#views,)*)), borrows })
        }
        _ => {
            let (name, arguments) = named(ty)?;
            match (name.as_str(), arguments.as_slice()) {
                (name, []) if PLAIN.contains(&name) => plain(),
                ("Decimal", [_]) => plain(),
                ("String", []) => borrowed(quote!(&'a ::core::primitive::str)),
                ("Bytes", []) => borrowed(quote!(&'a [::core::primitive::u8])),
                ("Option", [GenericArgument::Type(item)]) => {
                    let View { tokens, borrows } = known(item, root)?;
                    Some(View { tokens: quote!(::core::option::Option<#tokens>), borrows })
                }
                ("Vec", [GenericArgument::Type(item)]) => {
                    known(item, root)?;
                    borrowed(quote!(#root::data::List<'a, #item>))
                }
                _ => None,
            }
        }
    }
}

/// The types that are their own view.
const PLAIN: [&str; 13] = [
    "bool",
    "i8",
    "i16",
    "i32",
    "i64",
    "u8",
    "u16",
    "u32",
    "u64",
    "f32",
    "f64",
    "Timestamp",
    "Date",
];

/// The names that a record cannot have, since a field's type is taken for Ouzel's own by its name.
pub(super) const TAKEN: [&str; 7] =
    ["String", "Bytes", "Timestamp", "Date", "Decimal", "Option", "Vec"];

/// Name and arguments of a type, if its path is a plain name or begins with a crate that is known.
pub(super) fn named(ty: &Type) -> Option<(String, Vec<&GenericArgument>)> {
    let path = match ty {
        Type::Group(group) => return named(&group.elem),
        Type::Paren(paren) => return named(&paren.elem),
        Type::Path(path) if path.qself.is_none() => &path.path,
        _ => return None,
    };
    let homes = ["std", "core", "alloc", "ouzel", "ouzel_dsl"];
    let home = path.segments.first()?;
    if path.segments.len() > 1 && !homes.iter().any(|name| home.ident == name) {
        return None;
    }
    let last = path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::None => Vec::new(),
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        PathArguments::Parenthesized(_) => return None,
    };
    Some((last.ident.to_string(), arguments))
}
