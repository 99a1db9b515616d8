//! What a field says: its type, its name on the wire, and its attributes.

use super::Errors;
use super::attr::Attr;
use super::case::Case;
use super::nearest::unknown;
use super::view;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Expr, ExprLit, GenericArgument, Ident, Lit, LitStr, Type};

/// Whether a field can have this type, as far as its tokens say. Whether it is `Data` is rustc's
/// to find.
pub(super) fn type_is_possible(ty: &Type, record: &Ident, errors: &mut Errors) -> bool {
    if let Type::Reference(reference) = ty {
        let owned = match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => {
                "`String`; closures see it as `&str`".to_owned()
            }
            Type::Slice(slice) => format!("`Vec<{}>`", spaced(&slice.elem)),
            other => format!("`{}`", spaced(other)),
        };
        errors.add(ty, format!("a record owns its fields: write {owned}"));
        return false;
    }
    let mut itself = Itself { record, found: Vec::new() };
    itself.visit_type(ty);
    for found in &itself.found {
        errors.add(found, "a record cannot hold itself: its columns would have no end");
    }
    if in_option(ty).is_some_and(|item| is(item, "Option")) {
        errors.add(ty, "`None` and `Some(None)` are both null in a column: use one `Option`");
        return false;
    }
    itself.found.is_empty()
}

/// A type's tokens as people write them.
pub(super) fn spaced(ty: &Type) -> String {
    ty.to_token_stream().to_string().replace(" < ", "<").replace(" >", ">")
}

/// Finds the record in the type of one of its own fields.
struct Itself<'a> {
    record: &'a Ident,
    found: Vec<Ident>,
}

impl<'a> Visit<'a> for Itself<'_> {
    fn visit_path(&mut self, path: &'a syn::Path) {
        let ident = path.get_ident();
        self.found.extend(ident.filter(|i| *i == self.record || *i == "Self").cloned());
        syn::visit::visit_path(self, path);
    }
}

/// The field with the event time, after checking another one that says it is.
pub(super) fn event_time_at(
    item: &Attr,
    index: usize,
    before: Option<usize>,
    ty: &Type,
    attrs: &[Attr],
    errors: &mut Errors,
) -> Option<usize> {
    item.flag(errors);
    if before.is_some() {
        errors.add(&item.name, "a record has one event time, and an earlier field has it already");
        return before;
    }
    if in_option(ty).is_some_and(|item| is(item, "Timestamp")) {
        let message = "an event time cannot be missing: declare it as `Timestamp`, and records \
                       without one follow the error policy";
        errors.add(ty, message);
        return None;
    }
    if !is(ty, "Timestamp") {
        errors.add(ty, "an event time is a `Timestamp`");
        return None;
    }
    if let Some(default) = attrs.iter().find(|a| a.name() == "default") {
        let message = "an event time has no default: a time that nobody gave would make other \
                       records late";
        errors.add(&default.name, message);
    }
    Some(index)
}

/// The name on the wire.
pub(super) fn wire_name(
    ident: &Ident,
    attrs: &[Attr],
    case: Option<Case>,
    errors: &mut Errors,
) -> String {
    let rename = attrs.iter().find(|a| a.name() == "rename").and_then(|a| a.text(errors));
    let name = ident.unraw().to_string();
    match (rename, case) {
        (Some(text), _) if text.value().is_empty() => {
            errors.add(&text, "a name cannot be empty");
            name
        }
        (Some(text), _) => text.value(),
        (None, Some(case)) => case.apply(&name),
        (None, None) => name,
    }
}

/// The value in the place of null. A text literal stands for the `String` that it makes where the
/// field is one.
pub(super) fn default(attrs: &[Attr], ty: &Type) -> Option<TokenStream> {
    let attr = attrs.iter().find(|a| a.name() == "default")?;
    Some(match &attr.value {
        None => quote!(<#ty as ::core::default::Default>::default()),
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) if is(ty, "String") => {
            quote!(::std::string::String::from(#text))
        }
        Some(value) => quote!(#value),
    })
}

/// The variant of `Wire` that `unit` or `format` says.
pub(super) fn wire(attrs: &[Attr], ty: &Type, errors: &mut Errors) -> Option<TokenStream> {
    let find = |name| attrs.iter().find(|a: &&Attr| a.name() == name);
    let attr = match (find("unit"), find("format")) {
        (Some(unit), Some(_)) => {
            errors.add(unit, "a time is written by a `unit` or a `format`, not by both");
            return None;
        }
        (unit, format) => unit.or(format)?,
    };
    let text = attr.text(errors)?;
    if !is_time(ty) {
        let message = format!(
            "`{}` says how a `Timestamp` is written, and this is `{}`",
            attr.name(),
            spaced(ty)
        );
        errors.add(attr, message);
        return None;
    }
    if attr.name() == "format" { format(&text, errors) } else { unit(&text, errors) }
}

/// Whether the type is `Timestamp` or `Option<Timestamp>`.
pub(super) fn is_time(ty: &Type) -> bool {
    is(ty, "Timestamp") || in_option(ty).is_some_and(|item| is(item, "Timestamp"))
}

/// Whether a type goes by this name.
pub(super) fn is(ty: &Type, name: &str) -> bool {
    view::named(ty).is_some_and(|(found, _)| found == name)
}

/// What an `Option` holds.
pub(super) fn in_option(ty: &Type) -> Option<&Type> {
    match view::named(ty)?.1.as_slice() {
        [GenericArgument::Type(item)] if is(ty, "Option") => Some(item),
        _ => None,
    }
}

fn unit(text: &LitStr, errors: &mut Errors) -> Option<TokenStream> {
    Some(match text.value().as_str() {
        "s" => quote!(Seconds),
        "ms" => quote!(Millis),
        "us" => quote!(Micros),
        "ns" => quote!(Nanos),
        other => {
            errors.add(text, unknown("unit", other, &["s", "ms", "us", "ns"]));
            return None;
        }
    })
}

/// Each `%` of a format begins a directive: flags and width, then a letter.
fn format(text: &LitStr, errors: &mut Errors) -> Option<TokenStream> {
    let format = text.value();
    let plain = format.replace("%%", "");
    let directives: Vec<&str> = plain.split('%').skip(1).collect();
    let complete = |directive: &&str| {
        let flags = |c: char| "-_0^#:.".contains(c) || c.is_ascii_digit();
        directive.trim_start_matches(flags).starts_with(|c: char| c.is_ascii_alphabetic())
    };
    if directives.is_empty() || !directives.iter().all(complete) {
        let message = format!("{format:?} is not a format of times such as \"%d.%m.%Y %H:%M:%S\"");
        errors.add(text, message);
        return None;
    }
    Some(quote!(Format(#format)))
}
