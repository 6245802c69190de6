//! `signpost endpoints`: what the sources want, without asking any provider.
//!
//! For a pull request or a chart: the same code as in the cluster reads the manifests, so what is
//! printed here is what a sync would start from.

use std::collections::HashSet;
use std::process::ExitCode;

use anyhow::bail;
use controller_core::desired::{Desired, Gap, Unknown};
use controller_core::plan::Planner;
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{DomainFilter, Endpoint, ObjectRef, RecordType};

use super::print;
use super::strict::Tally;
use crate::app::{DesiredState, FirstReading};
use crate::args::{EndpointsArgs, OutputFormat, PreviewArgs};
use crate::reconcile::DesiredReader as _;

/// Prints the desired record sets, sorted by name, type and set identifier.
///
/// # Errors
///
/// Returns an error when something could not be read, and with `--strict` when someone has to act;
/// what there is is printed all the same.
pub async fn run(args: EndpointsArgs) -> anyhow::Result<ExitCode> {
    let EndpointsArgs {
        sources,
        templates,
        transforms,
        manifests,
        kubernetes,
        domains,
        preview,
        log: _,
        output,
    } = args;
    let PreviewArgs { strict, assume_address } = preview;
    let filter = DomainFilter::from(domains);
    let desired_state = DesiredState::new(sources, templates, &transforms, manifests, kubernetes)?;
    let desired_state = desired_state.for_looking().assuming(assume_address);
    let FirstReading { failure, unreadable, assumed } = desired_state.once().await?;
    let types = |names: &[String]| {
        let names = names.iter().filter(|name| !name.is_empty());
        names.map(|name| RecordType::from(name.as_str())).collect()
    };
    let planner = Planner {
        managed: types(&transforms.managed_record_types),
        excluded: types(&transforms.exclude_record_types),
        ..Planner::default()
    };
    let mut tally = Tally::default();
    tally.note_unreadable(unreadable);
    // No provider is asked, so none can fail to understand a property: all begin with nothing.
    let mut desired = desired_state.desired(&[String::new()]);
    desired.endpoints.retain(|endpoint| filter.covers(&endpoint.dns_name));
    desired.endpoints.sort_by_cached_key(Endpoint::key);
    match output {
        OutputFormat::Json => print::json(&desired.endpoints)?,
        OutputFormat::Text => {
            let assumed =
                assumed.map(|assumed| format!("\nNote: {assumed}.\n")).unwrap_or_default();
            print::text(&format!("{}{assumed}", table(&desired.endpoints)))?;
        }
    }
    explain(&planner, &desired, &filter, &mut tally);
    if let Some(failure) = failure {
        bail!(failure);
    }
    if strict {
        tally.check()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says of what is desired and does not come about why not.
fn explain(planner: &Planner, desired: &Desired, filter: &DomainFilter, tally: &mut Tally) {
    // Two that ask for one name are both shown, and what becomes of them is told.
    let mut statuses = planner.resolve_conflicts(desired);
    let coming: HashSet<_> = desired
        .endpoints
        .iter()
        .flat_map(|endpoint| {
            [endpoint.labels.resource(), None].map(|object| (endpoint.dns_name.canonical(), object))
        })
        .collect();
    let comes =
        |status: &RecordStatus| coming.contains(&(status.name.canonical(), status.object.as_ref()));
    statuses.retain(|status| !matches!(status.reason, Reason::NoTargets { .. }) || !comes(status));
    for status in &statuses {
        if status.name.is_empty() || filter.covers(&status.name) {
            tally.note(&status.reason);
        }
        tracing::warn!(
            record.name = %status.name,
            object = %status.object_shown(),
            reason = status.reason.code(),
            "{}",
            status.reason
        );
    }
    let told = |gap: &&Gap| match &gap.what {
        Unknown::Name(name) | Unknown::RecordSet { name, .. } => {
            statuses.iter().any(|status| status.name == *name && status.reason == gap.reason)
        }
        Unknown::Resource(resource) => statuses
            .iter()
            .any(|status| status.object.as_ref() == Some(resource) && status.reason == gap.reason),
        Unknown::Kind(_) | Unknown::All => false,
    };
    // What targets by default stand in for is not missing.
    let is_filled = |gap: &&Gap| match &gap.what {
        Unknown::Name(name) if matches!(gap.reason, Reason::NoTargets { .. }) => {
            coming.contains(&(name.canonical(), None))
        }
        Unknown::Name(_)
        | Unknown::RecordSet { .. }
        | Unknown::Resource(_)
        | Unknown::Kind(_)
        | Unknown::All => false,
    };
    for gap in desired.unknown.iter().filter(|gap| !told(gap) && !is_filled(gap)) {
        tally.note(&gap.reason);
        let what = match &gap.what {
            Unknown::Name(name) => name.to_string(),
            Unknown::RecordSet { name, record_type, .. } => format!("{name} {record_type}"),
            Unknown::Resource(object) => object.to_string(),
            Unknown::Kind(kind) => format!("all of kind {kind}"),
            Unknown::All => "everything".to_owned(),
        };
        tracing::warn!(what, reason = gap.reason.code(), "{}", gap.reason);
    }
}

fn table(endpoints: &[Endpoint]) -> String {
    let head = ["NAME", "TYPE", "TTL", "TARGETS", "SOURCE OBJECT"].map(str::to_owned);
    let row = |endpoint: &Endpoint| {
        let mut name = endpoint.dns_name.to_string();
        if !endpoint.set_identifier.is_empty() {
            name = format!("{name} ({})", endpoint.set_identifier);
        }
        [
            name,
            endpoint.record_type.to_string(),
            endpoint.ttl.map_or_else(|| "-".to_owned(), |ttl| ttl.to_string()),
            endpoint.targets.iter().collect::<Vec<_>>().join(","),
            endpoint.labels.resource().map_or("-".into(), ObjectRef::shown).into_owned(),
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(endpoints.iter().map(row)).collect();
    print::columns(&rows)
}
