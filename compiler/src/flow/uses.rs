//! What a flow has in scope of its own: the `use` in its body, that go with each piece of its code.

use super::Flow;
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprBlock, ExprClosure, Item, ItemUse, Stmt};

/// The `use` in a body, and the other statements.
pub fn apart(statements: &[Stmt]) -> (Vec<ItemUse>, Vec<Stmt>) {
    let (mut uses, mut others) = (Vec::new(), Vec::new());
    for statement in statements {
        match statement {
            Stmt::Item(Item::Use(item)) => uses.push(item.clone()),
            other => others.push(other.clone()),
        }
    }
    (uses, others)
}

/// Statements without those before them that were put there.
pub fn without(statements: &[Stmt]) -> &[Stmt] {
    let uses = |statement: &&Stmt| matches!(statement, Stmt::Item(Item::Use(_)));
    &statements[statements.iter().take_while(uses).count()..]
}

/// Puts them into an expression, once.
pub fn put(uses: &[ItemUse], expression: &mut Expr) {
    let there = match &*expression {
        Expr::Block(block) => without(&block.block.stmts).len() < block.block.stmts.len(),
        _ => false,
    };
    if uses.is_empty() || there {
        return;
    }
    let mut statements: Vec<Stmt> = Vec::new();
    for item in uses {
        let mut item = item.clone();
        item.attrs.push(syn::parse_quote!(#[allow(unused_imports)]));
        statements.push(Stmt::Item(Item::Use(item)));
    }
    statements.push(Stmt::Expr(expression.clone(), None));
    *expression = Expr::Block(ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: Block { brace_token: Default::default(), stmts: statements },
    });
}

/// Puts them into a statement that is not dataflow.
pub fn put_in(uses: &[ItemUse], statement: &mut Stmt) {
    match statement {
        Stmt::Local(local) => {
            if let Some(init) = &mut local.init {
                put(uses, &mut init.expr);
            }
        }
        Stmt::Expr(expression, _) => put(uses, expression),
        _ => {}
    }
}

/// Puts them into all closures of a flow.
pub fn closures(flow: &mut Flow) {
    struct Closures<'a>(&'a [ItemUse]);
    impl VisitMut for Closures<'_> {
        fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
            put(self.0, &mut closure.body);
        }
    }
    let uses = flow.uses.clone();
    let mut closures = Closures(&uses);
    flow.statements.iter_mut().for_each(|statement| closures.visit_stmt_mut(statement));
    closures.visit_expr_mut(&mut flow.tail);
}
