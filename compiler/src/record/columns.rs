//! A struct's columns: how they are read and written.

use super::ast::{Field, Struct};
use super::borrowed::View;
use super::structure::default_name;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The name of the type that reads them.
pub(super) fn columns_name(record: &Struct) -> Ident {
    format_ident!("{}Columns", record.head.ident)
}

/// `impl Column`.
pub(super) fn column(record: &Struct, view: &View, bounds: &TokenStream) -> TokenStream {
    let (vis, ident) = (&record.head.vis, &record.head.ident);
    let (columns, view) = (columns_name(record), &view.ident);
    let fields: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let types = record.fields.iter().map(|f| {
        let ty = &f.ty;
        match f.default {
            Some(_) => quote!(__ouzel::data::DefaultColumn<#ty>),
            None => quote!(<#ty as __ouzel::data::Data>::Column),
        }
    });
    let absents = record.fields.iter().map(|f| match (&f.default, default_name(f), &f.ty) {
        (Some(_), name, _) => quote!(__ouzel::data::DefaultColumn::absent(#name())),
        (None, _, ty) => quote! {
            <<#ty as __ouzel::data::Data>::Column as __ouzel::data::Column<#ty>>::absent()
        },
    });
    let opens = record.fields.iter().enumerate().map(|(index, f)| {
        let array = quote!(arrays.get(#index).copied().flatten());
        let ty = &f.ty;
        match (&f.default, default_name(f)) {
            (Some(_), name) => quote! {
                __ouzel::data::DefaultColumn::open(#array, #name(), &fields[#index], bad)
            },
            (None, _) => quote!(__ouzel::data::open_or_absent::<#ty>(#array, &fields[#index], bad)),
        }
    });
    let gets = record.fields.iter().map(|f| match (&f.default, &f.ident, &f.ty) {
        (Some(_), name, _) => quote!(self.#name.get(row)),
        (None, name, ty) => quote!(__ouzel::data::Column::<#ty>::get(&self.#name, row)),
    });
    quote! {
        #vis struct #columns #bounds {
            #(#fields: #types,)*
        }

        impl #columns #bounds {
            fn of(
                arrays: &[::core::option::Option<&__ouzel::arrow::array::ArrayRef>],
                fields: &[__ouzel::schema::Field],
                bad: &mut __ouzel::data::Bad,
            ) -> #columns {
                #columns { #(#fields: #opens,)* }
            }
        }

        #[automatically_derived]
        impl __ouzel::data::Column<#ident> for #columns #bounds {
            fn absent() -> #columns {
                #columns { #(#fields: #absents,)* }
            }

            fn open(
                array: &__ouzel::arrow::array::ArrayRef,
                field: &__ouzel::schema::Field,
                bad: &mut __ouzel::data::Bad,
            ) -> #columns {
                let fields = <#ident as __ouzel::Record>::fields();
                __ouzel::data::nested(array, field, fields, bad, #columns::of)
            }

            fn open_row(
                arrays: &[__ouzel::arrow::array::ArrayRef],
                bad: &mut __ouzel::data::Bad,
            ) -> #columns {
                let arrays: ::std::vec::Vec<_> =
                    arrays.iter().map(::core::option::Option::Some).collect();
                #columns::of(&arrays, &<#ident as __ouzel::Record>::fields(), bad)
            }

            #[inline(always)]
            fn get(&self, row: ::core::primitive::usize) -> <#ident as __ouzel::data::Data>::View<'_> {
                #view { #(#fields: #gets,)* }
            }
        }
    }
}

/// The name of the type that writes them.
pub(super) fn builder_name(record: &Struct) -> Ident {
    format_ident!("{}Builder", record.head.ident)
}

/// `impl Builder`.
pub(super) fn builder(record: &Struct, bounds: &TokenStream) -> TokenStream {
    let (vis, ident, builder) = (&record.head.vis, &record.head.ident, builder_name(record));
    let fields: Vec<_> = record.fields.iter().map(|f| &f.ident).collect();
    let types: Vec<_> = record.fields.iter().map(|f| &f.ty).collect();
    let finished: Vec<_> = record
        .fields
        .iter()
        .map(|Field { ident, ty, wire, .. }| {
            let array = quote!(__ouzel::data::Builder::<#ty>::finish(&mut self.#ident));
            match wire {
                Some(wire) => {
                    quote!(__ouzel::data::written(#array, __ouzel::schema::Wire::#wire))
                }
                None => array,
            }
        })
        .collect();
    quote! {
        #[derive(::core::default::Default)]
        #vis struct #builder #bounds {
            #(#fields: <#types as __ouzel::data::Data>::Builder,)*
            __nulls: __ouzel::data::Nulls,
        }

        #[automatically_derived]
        impl __ouzel::data::Builder<#ident> for #builder #bounds {
            fn push(&mut self, view: <#ident as __ouzel::data::Data>::View<'_>) {
                #(__ouzel::data::Builder::<#types>::push(&mut self.#fields, view.#fields);)*
                self.__nulls.value();
            }

            fn push_null(&mut self) {
                #(__ouzel::data::Builder::<#types>::push_null(&mut self.#fields);)*
                self.__nulls.null();
            }

            fn finish(&mut self) -> __ouzel::arrow::array::ArrayRef {
                let columns = ::std::vec![#(#finished),*];
                let fields = <#ident as __ouzel::Record>::fields();
                __ouzel::data::struct_array(fields, columns, &mut self.__nulls)
            }

            fn finish_row(
                &mut self,
                out: &mut ::std::vec::Vec<__ouzel::arrow::array::ArrayRef>,
            ) {
                self.__nulls.take();
                #(out.push(#finished);)*
            }
        }
    }
}
