//! `#[derive(CheckLaws)]`: tests of the laws that an aggregate of one's own promises.

use crate::at;
use crate::idents::text;
use crate::record::case::Case;
use crate::record::nearest::unknown;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Fields, Item, Token};

/// What `#[laws(..)]` takes.
const NAMES: [&str; 4] = ["values", "aggregate", "invertible", "idempotent"];

/// Expands `#[derive(CheckLaws)]` on an item.
pub fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).and_then(tests).unwrap_or_else(Error::into_compile_error)
}

/// The tests of all `#[laws(..)]` on an item.
fn tests(item: Item) -> syn::Result<TokenStream> {
    let (attributes, name, generics, unit) = match &item {
        Item::Struct(item) => {
            let unit = matches!(item.fields, Fields::Unit);
            (&item.attrs, &item.ident, &item.generics, unit)
        }
        Item::Enum(item) => (&item.attrs, &item.ident, &item.generics, false),
        other => return Err(Error::new_spanned(other, "a type has laws as an aggregate")),
    };
    let subject = Subject { name, unit, parameters: !generics.params.is_empty() };
    let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident("laws"));
    let mut tests = Vec::new();
    for (number, attribute) in attributes.enumerate() {
        tests.push(Laws::read(attribute)?.tests(&subject, number)?);
    }
    if tests.is_empty() {
        let message = "say which values to check it with: `#[laws(values = ..)]`, a strategy of `proptest` or the test kit";
        return Err(Error::new_spanned(name, message));
    }
    Ok(tests.into_iter().collect())
}

/// The type whose laws are tested.
struct Subject<'a> {
    name: &'a Ident,
    unit: bool,
    parameters: bool,
}

/// One `#[laws(..)]`.
struct Laws<'a> {
    attribute: &'a Attribute,
    aggregate: Option<Expr>,
    values: Expr,
    invertible: Option<Span>,
    idempotent: Option<Span>,
}

impl Laws<'_> {
    fn read(attribute: &Attribute) -> syn::Result<Laws<'_>> {
        let items = attribute.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated)?;
        let (mut aggregate, mut values) = (None, None);
        let (mut invertible, mut idempotent) = (None, None);
        for Entry { name, value } in items {
            let given = match (text(&name).as_str(), value) {
                ("values", Some(value)) => values.replace(value).is_some(),
                ("aggregate", Some(value)) => aggregate.replace(value).is_some(),
                ("invertible", None) => invertible.replace(name.span()).is_some(),
                ("idempotent", None) => idempotent.replace(name.span()).is_some(),
                ("values", None) => {
                    let message = "`values` needs a strategy: `values = any::<u8>()`";
                    return Err(Error::new_spanned(name, message));
                }
                ("aggregate", None) => {
                    let message = "`aggregate` needs a value: `aggregate = flags(Arg::new())`";
                    return Err(Error::new_spanned(name, message));
                }
                (flag @ ("invertible" | "idempotent"), Some(value)) => {
                    return Err(Error::new_spanned(value, format!("`{flag}` takes no value")));
                }
                (other, _) => {
                    return Err(Error::new_spanned(&name, unknown("attribute", other, &NAMES)));
                }
            };
            if given {
                let message = format!("`{name}` is given twice");
                return Err(Error::new_spanned(name, message));
            }
        }
        let Some(values) = values else {
            let message = "`values` is missing, the strategy that values are drawn by: `#[laws(values = any::<u8>())]`";
            return Err(Error::new_spanned(attribute, message));
        };
        Ok(Laws { attribute, aggregate, values, invertible, idempotent })
    }

    /// A test of each kind of law.
    fn tests(&self, subject: &Subject<'_>, number: usize) -> syn::Result<TokenStream> {
        let aggregate = self.aggregate(subject)?;
        let values = &self.values;
        let what = Case::Snake.apply(&text(subject.name));
        // The name of the item is the place of what has no other.
        let here = subject.name.span();
        let kinds = [
            (Some(here), "keeps_the_laws", "check_laws"),
            (self.invertible, "is_invertible", "check_invertible_laws"),
            (self.idempotent, "is_idempotent", "check_idempotent_laws"),
        ];
        let tests = kinds.into_iter().filter_map(|(span, is, check)| {
            let span = span?;
            let test = match number {
                0 => format_ident!("{what}_{is}", span = here),
                again => format_ident!("{what}_{is}_{}", again + 1, span = here),
            };
            let check = Ident::new(check, at(span));
            // Rustc points at the attribute where there is no test kit.
            let kit = quote_spanned!(at(self.attribute.span())=> ::ouzel_testkit);
            Some(quote_spanned! {at(span)=>
                #[cfg(test)]
                #[test]
                fn #test() {
                    #kit::#check(&#aggregate, #values);
                }
            })
        });
        Ok(tests.collect())
    }

    /// The value to check: the item itself where there is only one such value.
    fn aggregate(&self, subject: &Subject<'_>) -> syn::Result<TokenStream> {
        if let Some(aggregate) = &self.aggregate {
            return Ok(aggregate.to_token_stream());
        }
        let why = match subject {
            Subject { unit: true, parameters: false, .. } => {
                return Ok(subject.name.to_token_stream());
            }
            Subject { unit: true, .. } => "has parameters",
            _ => "is no unit struct",
        };
        let message = format!(
            "`{}` {why}: say which one to check, `#[laws(aggregate = .., values = ..)]`",
            subject.name
        );
        Err(Error::new_spanned(self.attribute, message))
    }
}

/// `name` or `name = value`.
struct Entry {
    name: Ident,
    value: Option<Expr>,
}

impl Parse for Entry {
    fn parse(input: ParseStream) -> syn::Result<Entry> {
        let name = input.parse()?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Entry { name, value })
    }
}
