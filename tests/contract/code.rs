//! What may stand in the code of a job.

use ouzel::Params;
use ouzel::prelude::*;
use ouzel_testkit::check;

#[derive(Clone, Debug, Record)]
struct Item {
    r#type: String,
    price: i64,
}

fn items() -> Vec<Vec<Item>> {
    let item = |(r#type, price): &(&str, i64)| Item { r#type: r#type.to_string(), price: *price };
    let parts = [&[("a", 1), ("b", -2), ("a", 30)][..], &[("b", 4)]];
    parts.iter().map(|part| part.iter().map(item).collect()).collect()
}

/// As other crates have them.
mod checks {
    macro_rules! ensure {
        ($holds:expr, $reason:expr) => {
            if !$holds {
                return Err($reason.to_string());
            }
        };
    }

    macro_rules! bail {
        ($reason:expr) => {
            return Err($reason.to_string())
        };
    }

    macro_rules! or_nothing {
        ($holds:expr) => {
            if !$holds {
                return None;
            }
        };
    }

    pub(crate) use {bail, ensure, or_nothing};
}

/// Closures that macros leave, each for itself alone.
#[job]
fn leaving(items: Stream<Item>) -> (Stream<i64>, Stream<i64>, Stream<i64>) {
    let ensured = items.try_map(|i| {
        checks::ensure!(i.price > 0, "negative");
        Ok(i.price)
    });
    let bailed = items.try_flat_map(|i| {
        if i.r#type == "b" {
            checks::bail!("b");
        }
        Ok([i.price])
    });
    let picked = items.filter_map(|i| {
        checks::or_nothing!(matches!(i.price, 1..10));
        Some(i.price)
    });
    (ensured.named("ensured"), bailed.named("bailed"), picked.named("picked"))
}

#[test]
fn a_macro_that_returns_leaves_its_closure_alone() {
    let checked = check(leaving).input("items", items());
    let left = checked.on_error(ouzel::stage::OnError::Skip).agrees();
    left.expect("ensured", [1i64, 30, 4]);
    left.expect("bailed", [1i64, 30]);
    left.expect("picked", [1i64, 4]);
}

/// A job's name is a name like any other, in its own code and around it.
#[job]
fn price(items: Stream<Item>, least: i64) -> Table<String, i64> {
    let dear = items.filter(|price| price.price >= least);
    let price = dear.map(|item| {
        let price = item.price;
        (item.r#type, price)
    });
    price.key_by(|(kind, _)| kind).aggregate(sum(|(_, price)| *price).named("price"))
}

#[test]
fn the_name_of_a_job_can_be_that_of_a_variable() {
    let checked = check(price);
    let price = 2;
    let left = checked.input("items", items()).param("least", price).agrees();
    left.expect("price", [("a".to_owned(), 30i64), ("b".to_owned(), 4)]);
}

#[job]
fn r#loop(r#in: Stream<Item>, r#box: i64) -> (Table<String, i64>, Stream<Item>) {
    let r#dyn = r#in.filter(|r#move| move_of(r#move) > r#box);
    let r#match = r#dyn.key_by(|i| i.r#type).aggregate(sum(|i| i.price));
    (r#match, r#dyn)
}

fn move_of(item: &ItemRef<'_>) -> i64 {
    item.price
}

#[test]
fn raw_identifiers_are_named_without_their_mark() {
    assert_eq!((<r#loop as Job>::NAME, <r#loop as Job>::INPUTS), ("loop", &["in"][..]));
    assert_eq!(<r#loop as Job>::OUTPUTS, ["match", "dyn"]);
    assert_eq!(<r#loop as Job>::params()[0].name, "box");
    let plan = <r#loop as Job>::plan(&Params::new().with("box", 1)).unwrap();
    let ids: Vec<_> = plan.operators.iter().map(|o| o.id.as_str()).collect();
    assert_eq!(ids, ["in", "dyn.filter", "match.key_by", "match.aggregate"]);
    let columns: Vec<_> = plan.outputs[0].fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(columns, ["type", "sum_price"]);

    let left = check(r#loop).input("in", items()).param("box", 1).agrees();
    left.expect("match", [("a".to_owned(), 30i64), ("b".to_owned(), 4)]);
}

/// Reads the one column `type`, raw or not.
#[job]
fn types(items: Stream<Item>) -> Stream<String> {
    items.filter(|r#i| i.r#type == "a").map(|i| r#i.r#type)
}

#[test]
fn a_raw_field_is_read_and_nothing_else() {
    let plan = <types as Job>::plan(&Params::new()).unwrap();
    assert_eq!(plan.sources[0].read, [0]);
    assert_eq!(plan.sources[0].prune.len(), 1);
    check(types).input("items", items()).agrees().expect("types", ["a".to_owned(), "a".to_owned()]);
}
