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
    // As for structs: taken for granted here, so that it is missed in one place only.
    let bounds = quote!(where for<'k> #ident: ::core::marker::Copy);
    let key = key::of_enum(record, &bounds);
    quote! {
        #[allow(missing_docs, unreachable_pub, unused_qualifications)]
        const _: () = {
            use #root as __ouzel;

            #[allow(dead_code)]
            fn __enum() {
                __ouzel::data::enum_on_stream::<#ident>();
            }

            #[automatically_derived]
            impl __ouzel::data::Data for #ident #bounds {
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

                fn draw(source: &mut dyn __ouzel::data::Draw) -> #ident {
                    __ouzel::data::draw_variant(source)
                }

                #[inline(always)]
                fn shorten<'a: 'b, 'b>(view: #ident) -> #ident {
                    view
                }

                fn store(view: #ident, out: &mut ::std::vec::Vec<::core::primitive::u8>) {
                    __ouzel::data::store_variant(view, out);
                }

                fn load(
                    bytes: &mut &[::core::primitive::u8],
                ) -> ::core::option::Option<#ident> {
                    __ouzel::data::load_variant(bytes)
                }
            }

            #[automatically_derived]
            impl __ouzel::data::Produce for #ident #bounds {
                type Data = #ident;

                #[inline(always)]
                fn produce(&self) -> #ident {
                    *self
                }
            }

            #[automatically_derived]
            impl __ouzel::data::Enumeration for #ident #bounds {
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
