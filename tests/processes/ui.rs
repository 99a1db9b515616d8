//! What a job's author is told of mistakes: each message, to the letter.

#[test]
fn mistakes_in_jobs_are_told_in_the_authors_words() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/job/*.rs");
    cases.compile_fail("ui/laws/*.rs");
}
