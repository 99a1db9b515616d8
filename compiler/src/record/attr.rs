//! `#[record(..)]`: what may stand in it, and where.

use super::Errors;
use super::nearest::{any_of, unknown};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Token, token};

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Struct,
    Enum,
    Field,
    Variant,
}

impl Place {
    /// What may stand there.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Place::Struct | Place::Enum => &["rename_all", "crate"],
            Place::Field => &["event_time", "meta", "rename", "default", "unit", "format"],
            Place::Variant => &["rename"],
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Place::Struct => "a record",
            Place::Enum => "an enum",
            Place::Field => "a field",
            Place::Variant => "a variant",
        }
    }
}

/// One item of `#[record(..)]`.
pub(super) struct Attr {
    pub(super) name: Ident,
    pub(super) value: Option<Expr>,
}

impl Attr {
    /// The name without `r#`.
    pub(super) fn name(&self) -> String {
        self.name.unraw().to_string()
    }

    /// The text after `=`; an error if there is none.
    pub(super) fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        match &self.value {
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Some(text.clone()),
            _ => {
                let (name, example) = (self.name(), example(&self.name()));
                errors.add(self, format!("`{name}` needs a text: `{name} = {example}`"));
                None
            }
        }
    }

    /// Sees that there is nothing after the name.
    pub(super) fn flag(&self, errors: &mut Errors) {
        if self.value.is_some() {
            errors.add(self, format!("`{}` takes no value", self.name()));
        }
    }
}

/// What a value may look like.
fn example(name: &str) -> &'static str {
    match name {
        "rename_all" => "\"camelCase\"",
        "crate" => "path::to::ouzel",
        "meta" => "\"key\"",
        "unit" => "\"ms\"",
        "format" => "\"%d.%m.%Y %H:%M\"",
        _ => "\"name\"",
    }
}

impl Parse for Attr {
    fn parse(input: ParseStream) -> syn::Result<Attr> {
        let name = Ident::parse_any(input)?;
        if input.peek(token::Paren) {
            let text = name.unraw().to_string();
            return Err(input.error(format!("write `{text} = {}`", example(&text))));
        }
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Attr { name, value })
    }
}

impl ToTokens for Attr {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        self.name.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// The items of all `#[record(..)]` at a place. Those that do not belong there, and those that are
/// there twice, are errors and left out.
pub(super) fn read(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Vec<Attr> {
    let mut read: Vec<Attr> = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("record")) {
        let items = attribute
            .parse_args_with(syn::punctuated::Punctuated::<Attr, Token![,]>::parse_terminated);
        let items = items.unwrap_or_else(|error| {
            errors.0.push(error);
            Default::default()
        });
        for item in items {
            let name = item.name();
            if !place.takes().contains(&name.as_str()) {
                errors.add(&item.name, misplaced(&name, place));
            } else if read.iter().any(|other| other.name() == name) {
                errors.add(&item.name, format!("`{name}` is given twice"));
            } else {
                read.push(item);
            }
        }
    }
    read
}

/// Why an attribute is not for this place.
fn misplaced(name: &str, place: Place) -> String {
    let home = [Place::Struct, Place::Field, Place::Variant]
        .into_iter()
        .find(|home| home.takes().contains(&name));
    match home {
        Some(home) => format!(
            "`{name}` belongs on {}; {} takes {}",
            home.noun(),
            place.noun(),
            any_of(place.takes())
        ),
        None => unknown("attribute", name, place.takes()),
    }
}
