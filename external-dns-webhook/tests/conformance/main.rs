//! The conformance kit: a good provider passes, and one that breaks a single rule fails that check.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

mod mutants;
mod provider;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use external_dns_webhook::client;
use external_dns_webhook::conformance::{
    self, Check, ConformanceOptions, Extent, Finding, Outcome,
};

use self::mutants::{MUTANTS, Mutant};
use self::provider::Provider;

/// Enough for a body of 300 kB.
const MANY: usize = 2_000;

fn options(url: String, extent: Extent) -> ConformanceOptions {
    ConformanceOptions {
        client: client::ClientOptions { url, ..client::ClientOptions::default() },
        extent,
        settle: Duration::ZERO,
        big_body_record_sets: MANY,
    }
}

async fn try_out(provider: &Provider, extent: Extent) -> Vec<Finding> {
    conformance::run(options(provider.url(), extent), |_| {}).await.unwrap()
}

fn ended(findings: &[Finding], how: fn(&Outcome) -> bool) -> BTreeSet<&'static str> {
    findings
        .iter()
        .filter(|finding| how(&finding.outcome))
        .map(|finding| finding.check.id())
        .collect()
}

fn failed(findings: &[Finding]) -> BTreeSet<&'static str> {
    ended(findings, |outcome| matches!(outcome, Outcome::Failed(_)))
}

#[tokio::test]
async fn a_provider_that_keeps_every_rule_passes_and_is_left_as_it_was() {
    let provider = Provider::start(Mutant::NONE).await;
    let before = provider.memory.dump();
    let findings = try_out(&provider, Extent::Writes("example.com".into())).await;
    let not_met = ended(&findings, |outcome| *outcome != Outcome::Met);
    assert_eq!(not_met, ["retry-after"].into(), "{findings:#?}");
    assert_eq!(provider.memory.dump(), before);
}

#[tokio::test]
async fn a_look_at_a_provider_writes_nothing() {
    let provider = Provider::start(Mutant::NONE).await;
    let before = provider.memory.dump();
    for extent in [Extent::Reads(None), Extent::Reads(Some("example.com".into()))] {
        let findings = try_out(&provider, extent).await;
        assert_eq!(failed(&findings), [].into(), "{findings:#?}");
        let creates = findings.iter().find(|finding| finding.check == Check::Creates).unwrap();
        assert_eq!(creates.outcome, Outcome::Skipped("nothing may be written".to_owned()));
    }
    assert_eq!(provider.memory.dump(), before);
    assert_eq!(provider.writes(), 0);
}

#[tokio::test]
async fn each_broken_rule_fails_its_own_check_and_no_other() {
    let mut unexpected = Vec::new();
    for mutant in MUTANTS {
        let provider = Provider::start(*mutant).await;
        let findings = try_out(&provider, Extent::Writes("example.com".into())).await;
        if failed(&findings) != [mutant.breaks.unwrap().id()].into() {
            let mut findings = findings;
            findings.retain(|finding| matches!(finding.outcome, Outcome::Failed(_)));
            unexpected.push((mutant.name, mutant.breaks, findings));
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[test]
fn every_check_has_a_provider_that_fails_it() {
    let broken: BTreeSet<_> = MUTANTS.iter().filter_map(|mutant| mutant.breaks).collect();
    let never: Vec<_> = Check::ALL.iter().filter(|check| !broken.contains(check)).collect();
    assert!(never.is_empty(), "no provider of the tests fails {never:?}");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_keeps_the_kit_from_writing() {
    let provider = Provider::start(Mutant::PROPERTIES_AS_MAP).await;
    let findings = try_out(&provider, Extent::Writes("example.com".into())).await;
    let shape = findings.iter().find(|finding| finding.check == Check::ListShape).unwrap();
    let Outcome::Failed(why) = &shape.outcome else { panic!("{findings:#?}") };
    assert!(why.contains("`providerSpecific` is an object and must be a list"), "{why}");
    assert_eq!(provider.writes(), 0);
}

#[tokio::test]
async fn what_go_makes_of_nothing_is_no_broken_rule() {
    let provider = Provider::start(Mutant::GO).await;
    for name in ["www", "shop"] {
        provider.forget(&format!("{name}.example.com")).await;
    }
    let findings = try_out(&provider, Extent::Writes("example.com".into())).await;
    assert_eq!(failed(&findings), [].into(), "{findings:#?}");
}

#[tokio::test]
async fn what_an_earlier_run_left_behind_goes_first() {
    let provider = Provider::start(Mutant::NONE).await;
    let before = provider.memory.dump();
    provider.hold("old.signpost-conformance.example.com").await;
    let findings = try_out(&provider, Extent::Writes("example.com".into())).await;
    assert_eq!(failed(&findings), [].into(), "{findings:#?}");
    assert_eq!(provider.memory.dump(), before);
}

#[tokio::test]
async fn a_provider_that_is_not_there_fails_one_check_and_says_why() {
    let url = "http://127.0.0.1:1".to_owned();
    let findings = conformance::run(options(url, Extent::Reads(None)), |_| {}).await.unwrap();
    assert_eq!(failed(&findings), ["negotiates"].into());
    let Some(Finding { outcome: Outcome::Failed(why), .. }) = findings.first() else { panic!() };
    assert!(why.contains("there was no answer") && why.contains("refused"), "{why}");
}

#[test]
fn every_check_names_a_section_that_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto-docs");
    for check in Check::ALL {
        let (page, anchor) = check.section().split_once('#').unwrap();
        let text = fs::read_to_string(folder.join(page)).unwrap();
        let anchors = text.lines().filter(|line| line.starts_with('#')).map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|character| character.is_alphanumeric() || " -".contains(*character));
            kept.map(|character| if character == ' ' { '-' } else { character }).collect::<String>()
        });
        let found = anchors.into_iter().any(|other| other == anchor);
        assert!(found, "`{}` names {}, which is not there", check.id(), check.section());
    }
    let ids: BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
    assert_eq!(ids.len(), Check::ALL.len(), "two checks share a name");
}
