//! Lets rustc compare the names of an output's columns, where its declared type says which records
//! are in it.

use crate::ast::Job;
use crate::ir::{Gives, Graph, NodeIndex, Op, Output};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type};

/// A constant that has no value where two columns of an output have one name.
pub fn columns(job: &Job, graph: &Graph) -> TokenStream {
    let types: Vec<&Type> = match &job.output {
        Type::Tuple(tuple) if graph.outputs.len() > 1 => tuple.elems.iter().collect(),
        single => vec![single],
    };
    let checks = graph.outputs.iter().zip(types).filter_map(|(o, ty)| distinct(graph, o, ty));
    quote!(const _: () = { #(#checks)* };)
}

fn distinct(graph: &Graph, output: &Output, ty: &Type) -> Option<TokenStream> {
    let parts = match graph.nodes[output.node].op {
        _ if graph.gives(output.node) == Gives::Table => {
            keyed(graph, output.node, arguments(ty, "Table")?)?
        }
        Op::Early(_) => keyed(graph, graph.nodes[output.node].inputs[0], arguments(ty, "Early")?)?,
        Op::Finals => {
            let [row] = arguments(ty, "Stream")?[..] else { return None };
            keyed(graph, graph.nodes[output.node].inputs[0], arguments(row, "Final")?)?
        }
        _ => {
            let [row] = arguments(ty, "Stream")?[..] else { return None };
            vec![part(row, graph.nodes[output.node].names.list())]
        }
    };
    let name = &output.name;
    Some(quote_spanned!(output.span=> ::ouzel::dsl::columns::distinct(#name, &[#(#parts),*]);))
}

/// Key, window and value of a table's rows.
fn keyed(graph: &Graph, table: NodeIndex, types: Vec<&Type>) -> Option<Vec<TokenStream>> {
    let [mut key, value] = types[..] else { return None };
    let (_, windowed) = graph.table_key(table);
    let windows = windowed.then(|| quote!(&["window_start", "window_end"]));
    if let Some([inner]) = arguments(key, "Windowed").as_deref() {
        key = inner;
    }
    let key = part(key, graph.key_names(table).list());
    let value = part(value, graph.nodes[table].names.list());
    Some([key].into_iter().chain(windows).chain([value]).collect())
}

/// The names of the columns of a type, of which rustc has nothing to say where it rejects the job.
fn part(ty: &Type, given: Vec<String>) -> TokenStream {
    quote!(::ouzel::dsl::columns::of::<::ouzel::dsl::check::Checked<#ty, __ACCEPTED>>(&[#(#given),*]))
}

/// The type arguments of a type with this name.
fn arguments<'a>(ty: &'a Type, name: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}
