//! A struct: its view, and how it is read from columns and written to them.

use super::ast::{Field, Struct};
use super::borrowed::{self, View};
use super::columns::{self, builder_name, columns_name};
use super::{key, view};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

/// Everything that the derive makes of a struct.
///
/// All but the view is in a block of its own, where it cannot meet the user's names.
pub(super) fn expand(record: &Struct) -> TokenStream {
    let root = &record.head.root;
    let view = View::new(record);
    let outside = view.outside(record);
    let inside = &view.inside;
    let bounds = bounds(record);
    let parts = [
        checks(record),
        defaults(record),
        data(record, &view, &bounds),
        borrowed::produce(record, &view, &bounds),
        columns::column(record, &view, &bounds),
        columns::builder(record, &bounds),
        itself(record, &bounds),
        key::of_struct(record, &bounds),
    ];
    quote! {
        #outside
        #[allow(missing_docs, unreachable_pub, unused_qualifications)]
        const _: () = {
            use #root as __ouzel;
            #inside
            #(#parts)*
        };
    }
}

/// That the types of the user's own can travel.
///
/// rustc takes a bound without parameters for granted if it is for any lifetime. So one that does
/// not hold is an error in `checks`, on the field's type, and not in each of our uses of it.
fn bounds(record: &Struct) -> TokenStream {
    let mut types: Vec<&Type> = Vec::new();
    for field in &record.fields {
        if view::known(&field.ty, &record.head.root).is_none() && !types.contains(&&field.ty) {
            types.push(&field.ty);
        }
    }
    if types.is_empty() {
        return TokenStream::new();
    }
    quote!(where #(for<'k> #types: __ouzel::data::Data,)*)
}

/// Where rustc says that the type of a field cannot travel.
fn checks(record: &Struct) -> TokenStream {
    let types = record.fields.iter().map(|f| &f.ty);
    quote! {
        #[allow(dead_code)]
        fn __fields() {
            #(__ouzel::data::field_of_record::<#types>();)*
        }
    }
}

/// A function for each default, in which the user's expression meets none of our names.
fn defaults(record: &Struct) -> TokenStream {
    let functions = record.fields.iter().filter_map(|field| {
        let (name, ty, value) = (default_name(field), &field.ty, field.default.as_ref()?);
        Some(quote_spanned!(value.span()=> fn #name() -> #ty { #value }))
    });
    quote!(#(#functions)*)
}

/// The name of the function with a field's default.
pub(super) fn default_name(field: &Field) -> Ident {
    format_ident!("__default_{}", field.name())
}

fn data(record: &Struct, view: &View, bounds: &TokenStream) -> TokenStream {
    let ident = &record.head.ident;
    let (columns, builder) = (columns_name(record), builder_name(record));
    let View { ident: view_ident, arguments, .. } = view;
    let width = record.fields.len();
    // rustc says here if a field's type is more private than the record.
    let view_type = quote_spanned!(ident.span()=> type View<'a> = #view_ident #arguments;);
    let fields: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|f| &f.ty).collect();
    quote! {
        #[automatically_derived]
        impl __ouzel::data::Data for #ident #bounds {
            #view_type
            type Column = #columns;
            type Builder = #builder;
            const WIDTH: ::core::primitive::usize = #width;
            const COLUMNS: &'static [&'static ::core::primitive::str] =
                <#ident as __ouzel::Record>::NAMES;

            fn ty() -> __ouzel::schema::Type {
                __ouzel::schema::Type::Struct(<#ident as __ouzel::Record>::fields())
            }

            fn columns(_: &[&::core::primitive::str]) -> ::std::vec::Vec<__ouzel::schema::Field> {
                <#ident as __ouzel::Record>::fields()
            }

            #[inline(always)]
            fn view(&self) -> <#ident as __ouzel::data::Data>::View<'_> {
                #view_ident { #(#fields: <#types as __ouzel::data::Data>::view(&self.#fields),)* }
            }

            fn own(view: <#ident as __ouzel::data::Data>::View<'_>) -> #ident {
                #ident { #(#fields: <#types as __ouzel::data::Data>::own(view.#fields),)* }
            }

            fn draw(source: &mut dyn __ouzel::data::Draw) -> #ident {
                #ident { #(#fields: <#types as __ouzel::data::Data>::draw(source),)* }
            }

            #[inline(always)]
            fn shorten<'a: 'b, 'b>(
                view: <#ident as __ouzel::data::Data>::View<'a>,
            ) -> <#ident as __ouzel::data::Data>::View<'b> {
                #view_ident { #(#fields: <#types as __ouzel::data::Data>::shorten(view.#fields),)* }
            }

            fn store(
                view: <#ident as __ouzel::data::Data>::View<'_>,
                out: &mut ::std::vec::Vec<::core::primitive::u8>,
            ) {
                #(<#types as __ouzel::data::Data>::store(view.#fields, out);)*
            }

            fn load<'a>(
                bytes: &mut &'a [::core::primitive::u8],
            ) -> ::core::option::Option<<#ident as __ouzel::data::Data>::View<'a>> {
                ::core::option::Option::Some(#view_ident {
                    #(#fields: <#types as __ouzel::data::Data>::load(bytes)?,)*
                })
            }
        }
    }
}

/// `impl Record`.
fn itself(record: &Struct, bounds: &TokenStream) -> TokenStream {
    let (ident, columns) = (&record.head.ident, columns_name(record));
    let name = ident.to_string();
    let names: Vec<_> = record.fields.iter().map(Field::name).collect();
    let wire_names: Vec<_> = record.fields.iter().map(|f| &f.wire_name).collect();
    let fields =
        record.fields.iter().map(|Field { wire_name, ty, default, wire, meta, .. }| {
            let has_default = default.is_some();
            let wire = wire.clone().unwrap_or_else(|| quote!(Native));
            let meta = match meta {
                Some(meta) => quote!(::core::option::Option::Some(__ouzel::schema::Meta::#meta)),
                None => quote!(::core::option::Option::None),
            };
            quote! {
                __ouzel::schema::Field {
                    name: ::std::string::String::from(#wire_name),
                    ty: <#ty as __ouzel::data::Data>::ty(),
                    nullable: <#ty as __ouzel::data::Data>::NULLABLE,
                    has_default: #has_default,
                    wire: __ouzel::schema::Wire::#wire,
                    meta: #meta,
                }
            }
        });
    let (event_time, event_times) = match record.event_time {
        Some(index) => (
            quote!(::core::option::Option::Some(#index)),
            quote! {
                __ouzel::data::event_times(
                    batch,
                    &<#ident as __ouzel::Record>::fields()[#index],
                    bad,
                )
            },
        ),
        None => (quote!(::core::option::Option::None), quote!(::core::option::Option::None)),
    };
    let unused = record.event_time.is_none().then(|| quote!(#[allow(unused_variables)]));
    quote! {
        #[automatically_derived]
        impl __ouzel::Record for #ident #bounds {
            type Itself = #ident;
            const NAME: &'static ::core::primitive::str = #name;
            const FIELDS: &'static [&'static ::core::primitive::str] = &[#(#names),*];
            const NAMES: &'static [&'static ::core::primitive::str] = &[#(#wire_names),*];

            fn fields() -> ::std::vec::Vec<__ouzel::schema::Field> {
                ::std::vec![#(#fields),*]
            }

            fn open_batch(
                batch: &__ouzel::arrow::array::RecordBatch,
                bad: &mut __ouzel::data::Bad,
            ) -> <#ident as __ouzel::data::Data>::Column {
                let arrays = [#(batch.column_by_name(#wire_names)),*];
                #columns::of(&arrays, &<#ident as __ouzel::Record>::fields(), bad)
            }

            fn event_time() -> ::core::option::Option<::core::primitive::usize> {
                #event_time
            }

            #unused
            fn event_times(
                batch: &__ouzel::arrow::array::RecordBatch,
                bad: &mut __ouzel::data::Bad,
            ) -> ::core::option::Option<
                __ouzel::arrow::buffer::ScalarBuffer<::core::primitive::i64>,
            > {
                #event_times
            }
        }
    }
}
