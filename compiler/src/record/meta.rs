//! `#[record(meta = "..")]`: what a field holds of a message, besides the message's value.

use super::Errors;
use super::attr::Attr;
use super::field::{in_option, is, is_time, spaced};
use super::nearest::unknown;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, LitStr, Type};

/// What of a message; its tokens are a variant of `schema::Meta`.
#[derive(PartialEq)]
pub(super) enum Meta {
    Key,
    Header(String),
    Timestamp,
    Partition,
    Offset,
    Topic,
}

/// What `meta` says. `fields` are those before this one; `possible` is whether a field can have the
/// type at all, which is told elsewhere.
pub(super) fn meta<'a>(
    attrs: &[Attr],
    ty: &Type,
    possible: bool,
    fields: impl IntoIterator<Item = (&'a Ident, &'a Option<Meta>)>,
    errors: &mut Errors,
) -> Option<Meta> {
    let text = attrs.iter().find(|a| a.name() == "meta")?.text(errors)?;
    let meta = named(&text, errors)?;
    if let Some((ident, _)) = fields.into_iter().find(|(_, other)| other.as_ref() == Some(&meta)) {
        let message = format!("the field `{ident}` holds a message's {} already", meta.noun());
        errors.add(&text, message);
        return None;
    }
    // What else wants a time complains of any other type itself.
    let told = meta == Meta::Timestamp
        && attrs.iter().any(|a| ["event_time", "unit", "format"].contains(&a.name().as_str()));
    if possible && !told && !meta.fits(ty) {
        errors.add(ty, meta.misfit(ty));
    }
    Some(meta)
}

/// What a text names.
fn named(text: &LitStr, errors: &mut Errors) -> Option<Meta> {
    let value = text.value();
    let message = match value.split_once(':') {
        None => match value.as_str() {
            "key" => return Some(Meta::Key),
            "timestamp" => return Some(Meta::Timestamp),
            "partition" => return Some(Meta::Partition),
            "offset" => return Some(Meta::Offset),
            "topic" => return Some(Meta::Topic),
            "header" => "name the header: `header:NAME`".to_owned(),
            other => unknown("meta", other, &names("header:NAME")),
        },
        Some(("header", "")) => "a header's name cannot be empty".to_owned(),
        // Nobody means such a name, and an `Option` of it would always be `None`.
        Some(("header", name)) if name.trim() != name => {
            format!("a header's name has no spaces around it: `header:{}`", name.trim())
        }
        Some(("header", name)) => return Some(Meta::Header(name.to_owned())),
        Some((_, name)) => unknown("meta", &value, &names(&format!("header:{name}"))),
    };
    errors.add(text, message);
    None
}

/// All that may be named, given how a header is.
fn names(header: &str) -> [&str; 6] {
    ["key", header, "timestamp", "partition", "offset", "topic"]
}

impl Meta {
    fn noun(&self) -> String {
        match self {
            Meta::Key => "key".to_owned(),
            Meta::Header(name) => format!("header `{name}`"),
            Meta::Timestamp => "timestamp".to_owned(),
            Meta::Partition => "partition".to_owned(),
            Meta::Offset => "offset".to_owned(),
            Meta::Topic => "topic".to_owned(),
        }
    }

    /// Whether a field of this type can hold it.
    fn fits(&self, ty: &Type) -> bool {
        let any = |ty: &Type, names: &[&str]| names.iter().any(|name| is(ty, name));
        let text = |ty: &Type| any(ty, &["String", "Bytes"]);
        match self {
            Meta::Key | Meta::Header(_) => text(ty) || in_option(ty).is_some_and(text),
            Meta::Timestamp => is_time(ty),
            Meta::Partition => any(ty, &["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]),
            Meta::Offset => any(ty, &["i64", "u64"]),
            Meta::Topic => is(ty, "String"),
        }
    }

    /// Why a field of this type cannot.
    fn misfit(&self, ty: &Type) -> String {
        let (noun, this) = (self.noun(), spaced(ty));
        if let Some(item) = in_option(ty).filter(|item| self.fits(item)) {
            return format!("no message is without its {noun}: declare it as `{}`", spaced(item));
        }
        let expected = match self {
            Meta::Key | Meta::Header(_) => "`String`, `Bytes` or an `Option` of these",
            Meta::Timestamp => "a `Timestamp`",
            Meta::Partition => "an integer",
            Meta::Offset => "an integer of 64 bits",
            Meta::Topic => "a `String`",
        };
        format!("a message's {noun} is {expected}, and this is `{this}`")
    }
}

impl ToTokens for Meta {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Meta::Key => quote!(MessageKey),
            Meta::Header(name) => quote!(Header(#name)),
            Meta::Timestamp => quote!(Timestamp),
            Meta::Partition => quote!(Partition),
            Meta::Offset => quote!(Offset),
            Meta::Topic => quote!(Topic),
        });
    }
}
