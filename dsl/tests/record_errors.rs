//! What people are told when a record is not one.

#[test]
fn errors_say_what_to_do() {
    trybuild::TestCases::new().compile_fail("../tests/ui/record/*.rs");
}
