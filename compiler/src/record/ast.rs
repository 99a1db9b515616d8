//! The record as the user wrote it, checked.

use super::Errors;
use super::attr::{self, Place};
use super::case::Case;
use super::field::{default, event_time_at, type_is_possible, wire, wire_name};
use super::meta::{Meta, meta};
use super::nearest::unknown;
use super::view;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Fields, Generics, Ident, Item, ItemEnum, ItemStruct, Type, Visibility};

/// What the derive is on.
pub(super) enum Record {
    Struct(Struct),
    Enum(Enum),
}

/// A struct with named fields.
pub(super) struct Struct {
    pub(super) head: Head,
    pub(super) fields: Vec<Field>,
    /// The index of the field with the event time.
    pub(super) event_time: Option<usize>,
}

/// An enum without fields.
pub(super) struct Enum {
    pub(super) head: Head,
    pub(super) variants: Vec<Ident>,
    pub(super) wire_names: Vec<String>,
}

/// What structs and enums share.
pub(super) struct Head {
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    /// The path of Ouzel's job language.
    pub(super) root: TokenStream,
    case: Option<Case>,
}

/// A field of a struct.
pub(super) struct Field {
    pub(super) docs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) wire_name: String,
    /// The value in the place of null.
    pub(super) default: Option<TokenStream>,
    /// The variant of `Wire`, where it is not `Native`.
    pub(super) wire: Option<TokenStream>,
    /// What it holds of a message.
    pub(super) meta: Option<Meta>,
}

impl Field {
    /// Its name in Rust, without `r#`.
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// Reads the item; nothing if it cannot be a record at all.
pub(super) fn parse(input: TokenStream, errors: &mut Errors) -> Option<Record> {
    match syn::parse2(input) {
        Ok(Item::Struct(item)) => structure(item, errors).map(Record::Struct),
        Ok(Item::Enum(item)) => enumeration(item, errors).map(Record::Enum),
        Ok(Item::Union(item)) => {
            let message = "a union cannot be a record: nothing says which of its fields holds";
            errors.add(item.union_token, message);
            None
        }
        Ok(item) => {
            errors.add(item, "only a struct or an enum can be a record");
            None
        }
        Err(error) => {
            errors.0.push(error);
            None
        }
    }
}

fn structure(item: ItemStruct, errors: &mut Errors) -> Option<Struct> {
    let head = head(&item.attrs, Place::Struct, item.vis, item.ident, &item.generics, errors);
    let named = match item.fields {
        Fields::Named(fields) => fields.named,
        Fields::Unnamed(fields) => {
            let message = "the fields of a record need names, which are those of its columns";
            errors.add(fields, message);
            return None;
        }
        Fields::Unit => {
            errors.add(&head?.ident, NO_FIELDS);
            return None;
        }
    };
    if named.is_empty() {
        errors.add(&head?.ident, NO_FIELDS);
        return None;
    }
    let head = head?;
    let mut fields: Vec<Field> = Vec::new();
    let mut event_time = None;
    let mut readable = true;
    for field in named {
        let attrs = attr::read(&field.attrs, Place::Field, errors);
        let Some(ident) = field.ident else { continue };
        let possible = type_is_possible(&field.ty, &head.ident, errors);
        readable &= possible;
        for item in attrs.iter().filter(|a| a.name() == "event_time") {
            event_time = event_time_at(item, fields.len(), event_time, &field.ty, &attrs, errors);
        }
        let before = fields.iter().map(|f| (&f.ident, &f.meta));
        let meta = meta(&attrs, &field.ty, possible, before, errors);
        fields.push(Field {
            docs: field.attrs.into_iter().filter(|a| a.path().is_ident("doc")).collect(),
            vis: field.vis,
            wire_name: wire_name(&ident, &attrs, head.case, errors),
            default: default(&attrs, &field.ty),
            wire: wire(&attrs, &field.ty, errors),
            meta,
            ident,
            ty: field.ty,
        });
    }
    distinct(fields.iter().map(|f| (&f.ident, &f.wire_name)), "fields", errors);
    readable.then_some(Struct { head, fields, event_time })
}

const NO_FIELDS: &str = "a record needs at least one field, since its fields are its columns";

fn enumeration(item: ItemEnum, errors: &mut Errors) -> Option<Enum> {
    let head = head(&item.attrs, Place::Enum, item.vis, item.ident, &item.generics, errors);
    let mut variants = Vec::new();
    let mut wire_names = Vec::new();
    let case = head.as_ref().and_then(|head| head.case);
    let mut plain = true;
    for variant in item.variants {
        let attrs = attr::read(&variant.attrs, Place::Variant, errors);
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a variant on a stream has no fields, since a column holds its name \
                           alone: use a record with an `Option` for each variant";
            errors.add(&variant.fields, message);
            plain = false;
        }
        wire_names.push(wire_name(&variant.ident, &attrs, case, errors));
        variants.push(variant.ident);
    }
    let head = head?;
    if variants.is_empty() {
        errors
            .add(&head.ident, "an enum without variants has no values, so no stream can carry it");
        return None;
    }
    distinct(variants.iter().zip(&wire_names), "variants", errors);
    plain.then_some(Enum { head, variants, wire_names })
}

/// Reads what stands on the struct or enum; nothing if its name or parameters rule it out.
fn head(
    attributes: &[Attribute],
    place: Place,
    vis: Visibility,
    ident: Ident,
    generics: &Generics,
    errors: &mut Errors,
) -> Option<Head> {
    let attrs = attr::read(attributes, place, errors);
    let mut head = Head { vis, ident, root: quote!(::ouzel::dsl), case: None };
    for item in &attrs {
        match item.name().as_str() {
            "rename_all" => {
                let Some(text) = item.text(errors) else { continue };
                head.case = Case::named(&text.value());
                if head.case.is_none() {
                    errors.add(&text, unknown("case", &text.value(), &Case::NAMES));
                }
            }
            _ => match &item.value {
                Some(Expr::Path(path)) => head.root = path.to_token_stream(),
                _ => {
                    errors.add(item, "`crate` needs a path: `crate = path::to::ouzel`");
                    return None;
                }
            },
        }
    }
    if view::TAKEN.iter().any(|name| head.ident == name) {
        let message = format!(
            "`{}` is a type of Ouzel's own in records: give this one another name",
            head.ident
        );
        errors.add(&head.ident, message);
        return None;
    }
    if !generics.params.is_empty() {
        let owned = match generics.lifetimes().next() {
            Some(_) => " and own what they hold: use `String` for text",
            None => ", since their columns are known when the job is compiled",
        };
        errors.add(generics, format!("records have no generic parameters{owned}"));
        return None;
    }
    Some(head)
}

/// Sees that no two names on the wire are the same.
fn distinct<'a>(
    names: impl Iterator<Item = (&'a Ident, &'a String)>,
    noun: &str,
    errors: &mut Errors,
) {
    let mut seen: Vec<(&Ident, &String)> = Vec::new();
    for (ident, name) in names {
        match seen.iter().find(|(_, other)| *other == name) {
            Some((other, _)) => {
                let message = format!(
                    "the {noun} `{other}` and `{ident}` are both called {name:?} on the wire"
                );
                errors.add(ident, message);
            }
            None => seen.push((ident, name)),
        }
    }
}
