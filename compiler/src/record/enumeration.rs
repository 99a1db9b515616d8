//! An enum without fields: its own view, and text in columns.

use super::ast::Enum;
use super::key;
use proc_macro2::TokenStream;
use quote::quote;

/// Everything that the derive makes of an enum.
pub(super) fn expand(record: &Enum) -> TokenStream {
    let root = &record.head.root;
    let ident = &record.head.ident;
    let names = &record.wire_names;
    let variants = &record.variants;
    let first = variants.first();
    let indices = 0..variants.len();
    let key = key::of_enum(record);
    quote! {
        #[allow(unused_qualifications)]
        const _: () = {
            use #root as __ouzel;

            #[automatically_derived]
            impl __ouzel::data::Data for #ident {
                type View<'a> = #ident;
                type Column = __ouzel::data::EnumColumn<#ident>;
                type Builder = __ouzel::data::EnumBuilder<#ident>;

                fn ty() -> __ouzel::schema::Type {
                    __ouzel::schema::Type::Enum(<#ident as __ouzel::data::Enumeration>::NAMES)
                }

                #[inline(always)]
                fn view(&self) -> #ident {
                    *self
                }

                #[inline(always)]
                fn own(view: #ident) -> #ident {
                    view
                }

                #[inline(always)]
                fn shorten<'a: 'b, 'b>(view: #ident) -> #ident {
                    view
                }
            }

            #[automatically_derived]
            impl __ouzel::data::Produce for #ident {
                type Data = #ident;

                #[inline(always)]
                fn produce(&self) -> #ident {
                    *self
                }
            }

            #[automatically_derived]
            impl __ouzel::data::Enumeration for #ident {
                const FIRST: #ident = #ident::#first;
                const VALUES: &'static [#ident] = &[#(#ident::#variants),*];
                const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];

                #[inline(always)]
                fn index(self) -> ::core::primitive::usize {
                    match self {
                        #(#ident::#variants => #indices,)*
                    }
                }
            }

            #key
        };
    }
}
