//! `signpost conformance`: tries a webhook provider rule by rule, for authors of one.

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use external_dns_webhook::conformance::{
    self, BIG_BODY_RECORD_SETS, Check, ConformanceOptions, Extent, Finding, Outcome,
};
use external_dns_webhook::{DnsName, Printable};
use serde_json::{Value, json};

use super::print;
use crate::app;
use crate::args::{ConformanceArgs, OutputFormat};

/// Status that says that a rule is broken.
const BROKEN: u8 = 1;

/// Prints each rule as soon as it was tried, and how many are kept.
///
/// # Errors
///
/// Returns an error when the flags make no sense; a provider that does not answer breaks a rule.
pub async fn run(args: ConformanceArgs) -> anyhow::Result<ExitCode> {
    let ConformanceArgs { zone, yes, settle, provider, log: _, output } = args;
    let options = ConformanceOptions {
        client: app::reach(&provider)?,
        extent: extent(zone.as_deref(), yes)?,
        settle: settle.0,
        big_body_record_sets: BIG_BODY_RECORD_SETS,
    };
    let mut written = Ok(());
    let findings = conformance::run(options, |finding| {
        if output == OutputFormat::Text && written.is_ok() {
            written = print::text(&line(finding));
        }
    })
    .await
    .context("`--webhook-provider-url` cannot be used")?;
    written?;
    match output {
        OutputFormat::Json => print::json(&shown(&findings))?,
        OutputFormat::Text => print::text(&summary(&findings, yes))?,
    }
    Ok(if broken(&findings) == 0 { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

fn extent(zone: Option<&str>, writes: bool) -> anyhow::Result<Extent> {
    let zone = zone.map(|zone| zone.trim().trim_start_matches('.'));
    ensure!(zone != Some(""), "`--zone` is empty; name a zone such as `example.org`");
    let zone = zone.map(DnsName::from);
    Ok(match (zone, writes) {
        (Some(zone), true) => Extent::Writes(zone),
        (zone, _) => Extent::Reads(zone),
    })
}

fn line(finding: &Finding) -> String {
    let Finding { check, outcome } = finding;
    let width = Check::ALL.iter().map(|check| check.id().len()).max().unwrap_or_default();
    let id = check.id();
    let (mark, told) = match outcome {
        Outcome::Met => ("ok", check.demand().to_owned()),
        Outcome::Skipped(why) => ("skip", why.clone()),
        Outcome::Failed(why) => ("FAIL", format!("{why}: {} ({})", check.demand(), page(*check))),
    };
    // What a provider said is in it.
    format!("{mark:4}  {id:width$}  {}\n", Printable(told))
}

fn summary(findings: &[Finding], writes: bool) -> String {
    let met = findings.iter().filter(|finding| finding.outcome == Outcome::Met).count();
    let broken = broken(findings);
    let skipped = findings.len() - met - broken;
    let more = if writes { "" } else { "; `--zone=ZONE --yes` tries writes as well" };
    format!("\n{met} ok, {broken} failed, {skipped} skipped{more}\n")
}

fn broken(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| matches!(finding.outcome, Outcome::Failed(_))).count()
}

fn shown(findings: &[Finding]) -> Value {
    let one = |Finding { check, outcome }: &Finding| {
        let (outcome, told) = match outcome {
            Outcome::Met => ("ok", ""),
            Outcome::Failed(why) => ("failed", why.as_str()),
            Outcome::Skipped(why) => ("skipped", why.as_str()),
        };
        json!({
            "check": check.id(),
            "outcome": outcome,
            "told": told,
            "demand": check.demand(),
            "section": page(*check),
        })
    };
    json!({
        "passed": broken(findings) == 0,
        "checks": findings.iter().map(one).collect::<Vec<_>>(),
    })
}

fn page(check: Check) -> String {
    format!("proto-docs/{}", check.section())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: Check, outcome: Outcome) -> Finding {
        Finding { check, outcome }
    }

    #[test]
    fn a_broken_rule_is_told_with_what_came_what_is_demanded_and_where_that_is_written() {
        let why = "it answered 200; it must be 204".to_owned();
        let line = line(&finding(Check::Creates, Outcome::Failed(why)));
        assert_eq!(
            line,
            "FAIL  creates                it answered 200; it must be 204: `POST /records` that \
             creates record sets answers 204 without a body (proto-docs/webhook-v1.md#requests)\n"
        );
    }

    #[test]
    fn a_rule_that_was_not_tried_is_not_broken() {
        let findings = [
            finding(Check::Negotiates, Outcome::Met),
            finding(Check::Zones, Outcome::Skipped("`zones` is not offered".to_owned())),
        ];
        assert_eq!(summary(&findings, true), "\n1 ok, 0 failed, 1 skipped\n");
        assert!(summary(&findings, false).contains("--yes"));
        assert_eq!(shown(&findings).get("passed"), Some(&Value::Bool(true)));
        let findings = [finding(Check::Lists, Outcome::Failed("no answer".to_owned()))];
        assert_eq!(shown(&findings).get("passed"), Some(&Value::Bool(false)));
    }

    #[test]
    fn a_zone_alone_does_not_let_it_write() {
        assert!(matches!(extent(Some(".example.org"), false), Ok(Extent::Reads(Some(_)))));
        assert!(matches!(extent(None, false), Ok(Extent::Reads(None))));
        let Ok(Extent::Writes(zone)) = extent(Some("example.org"), true) else { panic!() };
        assert_eq!(zone.as_str(), "example.org");
        assert!(extent(Some("."), false).is_err());
    }
}
