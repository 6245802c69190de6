//! Renders the cases as `docs/route53-contract.md`.

use std::fmt::Write as _;

use crate::cases::{Case, all};

const HEAD: &str = "\
# What Route 53 does, and who does otherwise

<!-- Generated from the cases in tests/tests/route53_contract/; `cargo bless` writes it anew. -->

One suite puts the same requests, through the AWS SDK, to our emulator, to moto 5.2.5 and to ministack
1.5.33. AWS's documentation is the judge: every case links the page that settles it, or, for the text of
a refusal, a public report that quotes the service. An empty cell means \"as AWS\"; anything else is
what that stand-in answers instead. The suite fails when any of the three behaves differently from
this table, for better or worse.

Nothing here was compared with the live service.
";

/// Returns the whole page.
pub(crate) fn render() -> String {
    let mut text = HEAD.to_owned();
    for (subject, cases) in all() {
        write!(
            text,
            "\n## {subject}\n\n| Case | AWS says | ours | moto | ministack |\n|---|---|---|---|---|\n"
        )
        .unwrap();
        for case in cases {
            let Case { name, page, aws, moto, ministack, steps: _ } = case;
            let (aws, moto, ministack) = (
                code(&aws),
                moto.map_or_else(String::new, code),
                ministack.map_or_else(String::new, code),
            );
            writeln!(text, "| {} | [{aws}]({page}) | | {moto} | {ministack} |", escape(name))
                .unwrap();
        }
    }
    let cases = all().into_iter().flat_map(|(_, cases)| cases).collect::<Vec<_>>();
    let moto = cases.iter().filter(|case| case.moto.is_some()).count();
    let ministack = cases.iter().filter(|case| case.ministack.is_some()).count();
    let total = cases.len();
    writeln!(text, "\n{total} cases; moto deviates in {moto}, ministack in {ministack}.").unwrap();
    text
}

/// Values may hold back-quotes no more than they may hold pipes unescaped.
fn code(said: &str) -> String {
    format!("`{}`", escape(said))
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}
