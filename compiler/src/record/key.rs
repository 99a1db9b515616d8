//! Records and enums as keys.

use super::ast::{Enum, Struct};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// `impl Key` for a struct, which holds where all of its fields are keys.
///
/// rustc refuses a bound that has no parameters and does not hold, unless it is for any lifetime.
pub(super) fn of_struct(record: &Struct, data: &TokenStream) -> TokenStream {
    let ident = &record.head.ident;
    let fields: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|f| &f.ty).collect();
    let mut distinct: Vec<&syn::Type> = Vec::new();
    for ty in &types {
        if !distinct.contains(ty) {
            distinct.push(ty);
        }
    }
    let data = if data.is_empty() { &quote!(where) } else { data };
    let bounds = distinct.iter().map(|ty| quote_spanned!(ty.span()=> for<'k> #ty: __ouzel::Key));
    quote! {
        #[automatically_derived]
        impl __ouzel::Key for #ident #data #(#bounds,)* {
            type Itself = #ident;
            type Present = #ident;

            #[inline(always)]
            fn present(
                view: <#ident as __ouzel::data::Data>::View<'_>,
            ) -> ::core::option::Option<<#ident as __ouzel::data::Data>::View<'_>> {
                ::core::option::Option::Some(view)
            }

            fn encode(
                view: <#ident as __ouzel::data::Data>::View<'_>,
                out: &mut ::std::vec::Vec<::core::primitive::u8>,
            ) {
                #(<#types as __ouzel::Key>::encode(view.#fields, out);)*
            }

            fn decode(
                bytes: &mut &[::core::primitive::u8],
            ) -> ::core::option::Option<#ident> {
                ::core::option::Option::Some(#ident {
                    #(#fields: <#types as __ouzel::Key>::decode(bytes)?,)*
                })
            }

            #[inline]
            fn hash(
                view: <#ident as __ouzel::data::Data>::View<'_>,
                state: ::core::primitive::u64,
            ) -> ::core::primitive::u64 {
                #(let state = <#types as __ouzel::Key>::hash(view.#fields, state);)*
                state
            }

            #[inline]
            fn same(
                &self,
                view: <#ident as __ouzel::data::Data>::View<'_>,
            ) -> ::core::primitive::bool {
                #(<#types as __ouzel::Key>::same(&self.#fields, view.#fields))&&*
            }

            #[inline]
            fn canonicalize(&mut self) {
                #(<#types as __ouzel::Key>::canonicalize(&mut self.#fields);)*
            }

            #[inline]
            fn heap_bytes(
                view: <#ident as __ouzel::data::Data>::View<'_>,
            ) -> ::core::primitive::usize {
                0 #(+ <#types as __ouzel::Key>::heap_bytes(view.#fields))*
            }
        }
    }
}

/// `impl Key` for an enum: its place in the order of declaration.
pub(super) fn of_enum(record: &Enum, bounds: &TokenStream) -> TokenStream {
    let ident = &record.head.ident;
    quote! {
        #[automatically_derived]
        impl __ouzel::Key for #ident #bounds {
            type Itself = #ident;
            type Present = #ident;

            #[inline(always)]
            fn present(
                view: <#ident as __ouzel::data::Data>::View<'_>,
            ) -> ::core::option::Option<<#ident as __ouzel::data::Data>::View<'_>> {
                ::core::option::Option::Some(view)
            }

            fn encode(view: #ident, out: &mut ::std::vec::Vec<::core::primitive::u8>) {
                let index = __ouzel::data::Enumeration::index(view) as ::core::primitive::u16;
                <::core::primitive::u16 as __ouzel::Key>::encode(index, out);
            }

            fn decode(
                bytes: &mut &[::core::primitive::u8],
            ) -> ::core::option::Option<#ident> {
                let index = <::core::primitive::u16 as __ouzel::Key>::decode(bytes)?;
                <#ident as __ouzel::data::Enumeration>::VALUES
                    .get(::core::primitive::usize::from(index))
                    .copied()
            }

            #[inline(always)]
            fn hash(
                view: #ident,
                state: ::core::primitive::u64,
            ) -> ::core::primitive::u64 {
                __ouzel::key::mix(
                    state,
                    __ouzel::data::Enumeration::index(view) as ::core::primitive::u64,
                )
            }

            #[inline(always)]
            fn same(&self, view: #ident) -> ::core::primitive::bool {
                __ouzel::data::Enumeration::index(*self)
                    == __ouzel::data::Enumeration::index(view)
            }
        }
    }
}
