//! A struct: its view, and how it is read from columns and written to them.

use super::ast::{Field, Struct};
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
        produce(record, &view, &bounds),
        column(record, &view, &bounds),
        builder(record, &bounds),
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

/// `NameRef`.
struct View {
    ident: Ident,
    /// The struct where it is made in the block and known outside by an alias.
    inside: TokenStream,
    /// The struct where it is made outside.
    plain: Option<TokenStream>,
    /// The arguments of the view that borrows for `'a`, inside the block.
    arguments: TokenStream,
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
    fn new(record: &Struct) -> View {
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

    fn outside(&self, record: &Struct) -> TokenStream {
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

/// A function for each default, in which the user's expression meets none of our names.
fn defaults(record: &Struct) -> TokenStream {
    let functions = record.fields.iter().filter_map(|field| {
        let (name, ty, value) = (default_name(field), &field.ty, field.default.as_ref()?);
        Some(quote_spanned!(value.span()=> fn #name() -> #ty { #value }))
    });
    quote!(#(#functions)*)
}

fn default_name(field: &Field) -> Ident {
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

            #[inline(always)]
            fn shorten<'a: 'b, 'b>(
                view: <#ident as __ouzel::data::Data>::View<'a>,
            ) -> <#ident as __ouzel::data::Data>::View<'b> {
                #view_ident { #(#fields: <#types as __ouzel::data::Data>::shorten(view.#fields),)* }
            }
        }
    }
}

fn produce(record: &Struct, view: &View, bounds: &TokenStream) -> TokenStream {
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

fn columns_name(record: &Struct) -> Ident {
    format_ident!("{}Columns", record.head.ident)
}

fn column(record: &Struct, view: &View, bounds: &TokenStream) -> TokenStream {
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

fn builder_name(record: &Struct) -> Ident {
    format_ident!("{}Builder", record.head.ident)
}

fn builder(record: &Struct, bounds: &TokenStream) -> TokenStream {
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

/// `impl Record`.
fn itself(record: &Struct, bounds: &TokenStream) -> TokenStream {
    let (ident, columns) = (&record.head.ident, columns_name(record));
    let name = ident.to_string();
    let names: Vec<_> = record.fields.iter().map(Field::name).collect();
    let wire_names: Vec<_> = record.fields.iter().map(|f| &f.wire_name).collect();
    let fields = record.fields.iter().map(|Field { wire_name, ty, default, wire, .. }| {
        let has_default = default.is_some();
        let wire = wire.clone().unwrap_or_else(|| quote!(Native));
        quote! {
            __ouzel::schema::Field {
                name: ::std::string::String::from(#wire_name),
                ty: <#ty as __ouzel::data::Data>::ty(),
                nullable: <#ty as __ouzel::data::Data>::NULLABLE,
                has_default: #has_default,
                wire: __ouzel::schema::Wire::#wire,
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
