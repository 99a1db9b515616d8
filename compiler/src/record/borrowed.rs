//! `NameRef`: a struct's view.

use super::ast::{Field, Struct};
use super::view;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// `NameRef`.
pub(super) struct View {
    pub(super) ident: Ident,
    /// The struct where it is made in the block and known outside by an alias.
    pub(super) inside: TokenStream,
    /// The struct where it is made outside.
    plain: Option<TokenStream>,
    /// The arguments of the view that borrows for `'a`, inside the block.
    pub(super) arguments: TokenStream,
    /// Whether it has the lifetime `'a`.
    borrows: bool,
    /// The parameter of each field that has one.
    parameters: Vec<Option<Ident>>,
}

impl View {
    /// The view is a plain struct where every field's view is known and one of them borrows.
    ///
    /// Else it has a parameter for each field whose view is not known, or no lifetime at all, and
    /// its name outside is an alias with a lifetime: so it is covariant (see `view`), literals
    /// name its fields and nothing else, and rustc holds them to the fields' types.
    pub(super) fn new(record: &Struct) -> View {
        let root = &record.head.root;
        let ident = format_ident!("{}Ref", record.head.ident);
        let known: Vec<_> = record.fields.iter().map(|f| view::known(&f.ty, root)).collect();
        let borrows = known.iter().flatten().any(|view| view.borrows);
        if borrows && known.iter().all(Option::is_some) {
            let types: Vec<_> = known.into_iter().flatten().map(|view| view.tokens).collect();
            let plain = view_struct(record, &ident, quote!(<'a>), &types);
            let arguments = quote!(<'a>);
            let parameters = vec![None; record.fields.len()];
            let inside = TokenStream::new();
            return View { ident, inside, plain: Some(plain), arguments, borrows, parameters };
        }
        let life = borrows.then(|| quote!('a,));
        let (mut types, mut arguments, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (field, known)) in record.fields.iter().zip(known).enumerate() {
            let (ty, parameter) = (&field.ty, format_ident!("V{index}"));
            match known {
                Some(known) => {
                    types.push(known.tokens);
                    parameters.push(None);
                }
                None => {
                    types.push(quote!(#parameter));
                    arguments.push(quote!(<#ty as __ouzel::data::Data>::View<'a>));
                    parameters.push(Some(parameter));
                }
            }
        }
        let declared = parameters.iter().flatten();
        let inside = view_struct(record, &ident, quote!(<#life #(#declared),*>), &types);
        let arguments = quote!(<#life #(#arguments),*>);
        View { ident, inside, plain: None, arguments, borrows, parameters }
    }

    /// What the user's names may meet.
    pub(super) fn outside(&self, record: &Struct) -> TokenStream {
        if let Some(plain) = &self.plain {
            return plain.clone();
        }
        let (vis, ident, root) = (&record.head.vis, &record.head.ident, &record.head.root);
        let (view, doc) = (&self.ident, doc(record));
        quote! {
            #[doc = #doc]
            #[allow(dead_code, unused_qualifications)]
            #vis type #view<'a> = <#ident as #root::data::Data>::View<'a>;
        }
    }
}

fn doc(record: &Struct) -> String {
    format!("A borrowed [`{}`]: what closures see.", record.head.ident)
}

fn view_struct(
    record: &Struct,
    ident: &Ident,
    generics: TokenStream,
    types: &[TokenStream],
) -> TokenStream {
    let (vis, doc) = (&record.head.vis, doc(record));
    let fields = record.fields.iter().zip(types).map(|(field, ty)| {
        let Field { docs, vis, ident, .. } = field;
        quote!(#(#docs)* #vis #ident: #ty)
    });
    quote! {
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone,
            ::core::marker::Copy,
            ::core::fmt::Debug,
            ::core::cmp::PartialEq,
        )]
        #[allow(missing_docs, unused_qualifications)]
        #vis struct #ident #generics {
            #(#fields,)*
        }
    }
}

/// `impl Produce` for the struct and its view.
pub(super) fn produce(record: &Struct, view: &View, bounds: &TokenStream) -> TokenStream {
    let (ident, View { ident: view_ident, parameters, .. }) = (&record.head.ident, view);
    // A field of a type that is not known produces itself: a lifetime that stands in projections
    // alone could not be shortened.
    let values =
        record.fields.iter().zip(parameters).map(|(Field { ident, ty, .. }, parameter)| {
            match parameter {
                Some(_) => quote!(#ident: __ouzel::data::Produce::produce(&self.#ident)),
                None => quote!(#ident: <#ty as __ouzel::data::Data>::shorten(self.#ident)),
            }
        });
    let declared = record.fields.iter().zip(parameters).filter_map(|(Field { ty, .. }, v)| {
        v.as_ref().map(|v| quote!(#v: __ouzel::data::Produce<Data = #ty>))
    });
    let named = parameters.iter().flatten();
    let life = view.borrows.then(|| quote!('a,));
    quote! {
        #[automatically_derived]
        impl __ouzel::data::Produce for #ident #bounds {
            type Data = #ident;

            #[inline(always)]
            fn produce(&self) -> <#ident as __ouzel::data::Data>::View<'_> {
                <#ident as __ouzel::data::Data>::view(self)
            }
        }

        #[automatically_derived]
        impl<#life #(#declared),*> __ouzel::data::Produce for #view_ident<#life #(#named),*> #bounds {
            type Data = #ident;

            #[inline(always)]
            fn produce(&self) -> <#ident as __ouzel::data::Data>::View<'_> {
                #view_ident { #(#values,)* }
            }
        }
    }
}
