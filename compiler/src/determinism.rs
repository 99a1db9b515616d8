//! Rejects what gives another answer each time, as far as it can be seen in a body.

use crate::ast::{Errors, Job};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, Expr, Stmt};

/// Names that stand for nondeterminism, and what to do instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("SystemTime", "reads the clock; use the records' event time"),
    ("Instant", "reads the clock; use the records' event time"),
    ("rand", "is random; derive the value from the record, such as by hashing a field"),
    ("thread_rng", "is random; derive the value from the record, such as by hashing a field"),
    ("fastrand", "is random; derive the value from the record, such as by hashing a field"),
    ("env", "reads the environment; make the value a parameter of the job"),
    ("HashMap", "iterates in another order each time; use `BTreeMap`"),
    ("HashSet", "iterates in another order each time; use `BTreeSet`"),
    ("thread_local", "differs from thread to thread; keep state by key with `aggregate`"),
    ("static", "is shared between records and threads; keep state by key with `aggregate`"),
];

/// Checks a job's body.
pub fn check(job: &Job) -> syn::Result<()> {
    walk_all(&job.statements, &job.tail)
}

/// Checks a body.
pub fn walk_all(statements: &[Stmt], tail: &Expr) -> syn::Result<()> {
    let mut errors = Errors::default();
    for statement in statements {
        walk(statement.to_token_stream(), &mut errors);
    }
    walk(tail.to_token_stream(), &mut errors);
    errors.finish()
}

fn walk(tokens: TokenStream, errors: &mut Errors) {
    let mut before: Option<TokenTree> = None;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) => walk(group.stream(), errors),
            TokenTree::Ident(ident) => {
                let punct = |token: Option<&TokenTree>, wanted: &str| matches!(token, Some(TokenTree::Punct(p)) if wanted.contains(p.as_char()));
                // A field, a lifetime or a label of that name is something else.
                let other = punct(before.as_ref(), ".'");
                let path = punct(tokens.peek(), ":!") || punct(before.as_ref(), ":<");
                let name = ident.to_string();
                if let Some((_, why)) =
                    FORBIDDEN.iter().find(|(n, _)| *n == name).filter(|_| !other)
                {
                    let type_name = name.starts_with(char::is_uppercase) || name == "static";
                    if path || type_name {
                        let message = format!(
                            "`{name}` {why}: a job's answer depends on its input and parameters alone, so that batch and stream agree"
                        );
                        errors.push(Error::new(ident.span(), message));
                    }
                }
            }
            _ => {}
        }
        before = Some(token);
    }
}
