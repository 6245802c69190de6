//! One suite of requests, put to our emulator and to two stand-ins that others wrote.
//!
//! The emulator is what every other test believes in, so it must not be wrong together with us. The
//! judge is AWS's documentation, named in every case; the stand-ins are two more readers of it.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail as the test does")]

mod backend;
mod cases;
mod probe;
mod record;
mod table;

use std::{fmt::Write as _, path::Path};

use aws_sdk_route53::Client;
use e2e::standins;
use route53_emulator::{Emulator, Options};

use crate::cases::Case;

/// What is left out on a machine without a stand-in.
const SUITE: &str = "the contract suite";

#[tokio::test]
async fn our_emulator_does_what_aws_documents() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    compare(&backend::client(&emulator.endpoint_url()), |case| &case.aws).await;
}

#[tokio::test]
async fn moto_does_what_the_table_says() {
    let Some(moto) = standins::moto(SUITE).await.unwrap() else { return };
    compare(&backend::client(&moto.url), |case| case.moto.unwrap_or(&case.aws)).await;
}

#[tokio::test]
async fn ministack_does_what_the_table_says() {
    let Some(ministack) = standins::ministack(SUITE).await.unwrap() else { return };
    compare(&backend::client(&ministack.url), |case| case.ministack.unwrap_or(&case.aws)).await;
}

#[test]
fn the_published_table_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/route53-contract.md");
    let rendered = table::render();
    if e2e::outside::blessing() {
        std::fs::write(&path, &rendered).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == rendered,
        "`docs/route53-contract.md` is not what the cases render; run the tests with BLESS=1"
    );
}

#[test]
fn a_recorded_deviation_deviates() {
    for case in cases::all().into_iter().flat_map(|(_, cases)| cases) {
        assert!(!case.aws.is_empty(), "`{}` says nothing about AWS", case.name);
        assert_ne!(case.moto, Some(case.aws.as_str()), "moto in `{}`", case.name);
        assert_ne!(case.ministack, Some(case.aws.as_str()), "ministack in `{}`", case.name);
    }
}

/// Puts every case to `client` and lists all answers that are not `expected`.
async fn compare(client: &Client, expected: impl Fn(&Case) -> &str) {
    let mut differences = String::new();
    let cases = cases::all().into_iter().flat_map(|(_, cases)| cases);
    for (index, mut case) in cases.enumerate() {
        let steps = std::mem::take(&mut case.steps);
        let said = probe::run(client, &format!("case-{index}.example."), steps).await;
        let expected = expected(&case);
        if said != expected {
            let Case { name, page, .. } = &case;
            write!(differences, "\n{name}\n  table: {expected}\n  said:  {said}\n  {page}\n")
                .unwrap();
        }
    }
    assert!(differences.is_empty(), "answers that the table does not record:\n{differences}");
}
