//! Settings that mean something else, together with what the zones hold.

use std::collections::BTreeMap;

use controller_core::status::Verb;
use external_dns_webhook::{ObjectRef, counted};

use super::{Difference, Evidence, Kind};

/// Adds what differs by flags alone, and whose records are out of reach under them.
pub(super) fn add(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    let settings = evidence.settings;
    if !settings.keeps_owners {
        if settings.policy.allows(Verb::Delete) && !settings.changes_unowned {
            all.push(setting(
                "--registry=noop".to_owned(),
                "updates and deletes every record of a desired name, also one that it did not make",
                "changes and deletes nothing: nobody knows whose a record is".to_owned(),
                "`--allow-unowned-changes` to go on like that; better `--registry=txt`, and `signpost ownership adopt NAME…`".to_owned(),
            ));
        }
        return;
    }
    other_owners(evidence, all);
    other_namespaces(evidence, all);
}

/// Adds owners whose records look as if they were meant: there are some, and none of ours.
fn other_owners(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    let settings = evidence.settings;
    let owner = settings.owner();
    let owners = evidence.inventory.audit(owner).owners;
    if owners.contains_key(owner) {
        return;
    }
    for (other, count) in owners.iter().filter(|(other, _)| **other != settings.migrate_from) {
        all.push(setting(
            format!("--txt-owner-id={owner}"),
            &format!("marked {} with the owner `{other}`, and none with `{owner}`", counted(*count, "record set")),
            format!("leaves what `{other}` owns as it is (ForeignOwner)"),
            format!("`--txt-owner-id={other}` if that is who ran here, or `--migrate-from-txt-owner={other}` to take over what is desired here"),
        ));
    }
}

/// Adds namespaces whose objects published something and are not read.
fn other_namespaces(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    let settings = evidence.settings;
    if settings.namespaces.is_empty() {
        return;
    }
    let mut left_out: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let ours = evidence.inventory.records().filter(|held| held.owner() == Some(settings.owner()));
    for held in ours {
        let Some(namespace) = held.resource().and_then(ObjectRef::namespace) else { continue };
        if namespace.is_empty() || settings.namespaces.iter().any(|read| read == namespace) {
            continue;
        }
        let (count, _) = left_out
            .entry(namespace.to_owned())
            .or_insert_with(|| (0, held.endpoint.dns_name.as_str().to_owned()));
        *count = count.saturating_add(1);
    }
    let outcome = if settings.policy.allows(Verb::Delete) {
        "deleted"
    } else {
        "left as they are, whatever becomes of their objects"
    };
    for (namespace, (count, example)) in left_out {
        all.push(setting(
            format!("--namespace={}", settings.namespaces.join(",")),
            &format!("published {} of namespace `{namespace}`, such as `{example}`: its chart reads every namespace when `sourceNamespace` stands without `namespaced`", counted(count, "record set")),
            format!("does not read `{namespace}`, so they are {outcome}"),
            format!("leave `--namespace` out (in the chart: no `sourceNamespace`), or add `--namespace={namespace}`"),
        ));
    }
}

fn setting(about: String, external_dns: &str, here: String, next: String) -> Difference {
    Difference { kind: Kind::Setting, about, external_dns: external_dns.to_owned(), here, next }
}
