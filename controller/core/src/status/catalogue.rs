//! What to do about each reason, and the list from which `docs/reasons.md` is made.

use external_dns_webhook::{RecordType, RefusalCode};

use super::{FilteredBy, Place, Reason, Verb};
use crate::zone::ZoneInfo;

/// One row of `docs/reasons.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueRow {
    /// Stable name of the reason.
    pub code: &'static str,
    /// Its sentence, with example values.
    pub sentence: String,
    /// What to do about it.
    pub hint: &'static str,
    /// Whether someone has to act on it.
    pub needs_someone: bool,
}

impl Reason {
    /// Tells whether a zone stands in the way, and no object: with any other it would be the same.
    pub fn is_about_a_zone(&self) -> bool {
        matches!(self, Self::ProviderRejected { rejection, .. } if rejection.is_about_a_zone())
    }

    /// Returns the next step for a user who wants it otherwise; empty when there is none to take.
    #[expect(clippy::too_many_lines, reason = "one line a reason, and none can be forgotten")]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::AnnotationConflict { .. } => "remove one of the two annotations",
            Self::InvalidAnnotation { is_ignored: true, .. } => {
                "correct the annotation; until then it is as if it were not there"
            }
            Self::InvalidAnnotation { is_ignored: false, .. } => {
                "correct the annotation; until then what the object has published stays as it is"
            }
            Self::IgnoredAnnotation { .. } => {
                "correct or remove the annotation, or put it where it is read"
            }
            Self::InvalidName { place, .. } | Self::InvalidTarget { place, .. } => place.hint(),
            Self::NoTargets { .. } => {
                "wait until something is there, or set the `target` annotation; what is published \
                 stays meanwhile"
            }
            Self::ParentNotAccepted { .. } => {
                "look at the conditions in the object's status; what is published stays meanwhile"
            }
            Self::NotServed { .. } => {
                "refer to a parent that serves it, or change what keeps this one from it; until \
                 then nothing is answered from there"
            }
            Self::NoNames { .. } => "give it a host name there, if it shall have one",
            Self::MissingObject { .. } => {
                "create the object that is referred to, or correct the reference; what is \
                 published stays meanwhile"
            }
            Self::ReferenceNotRead { .. } => {
                "let what is referred to be read as well, correct it, or refer to another; what is \
                 published stays meanwhile"
            }
            Self::TooManyNames { .. } | Self::TooManyTargets { .. } | Self::TooManyBytes { .. } => {
                "want them in several objects, or raise --max-names-per-object; what the object \
                 has published stays, and nothing of it is changed meanwhile"
            }
            Self::LeftOut { .. } => {
                "change the field or the setting, if it is meant to be published"
            }
            Self::OtherController { .. } => {
                "remove the `controller` annotation, or give it the value `dns-controller`"
            }
            Self::Unreadable { .. } => "correct the object; what it published stays meanwhile",
            Self::UnlabelledRecordsHeld { .. } => {
                "put right what else is told of the object; then those that no object wants go"
            }
            Self::TemplateFailed { .. } => {
                "correct the template, or give the object the fields that it reads"
            }
            Self::SourceUnavailable { .. } => {
                "put right what the message says: reach the API server, renew the account's token, \
                 install the resource or grant the permission; what the source published stays meanwhile"
            }
            Self::UpToDate
            | Self::Created
            | Self::Updated { .. }
            | Self::Deleted
            | Self::DryRun { of_provider: false, .. } => "",
            Self::DryRun { of_provider: true, .. } => {
                "start the provider without --dry-run to have it write"
            }
            Self::SyncFailed { .. } => {
                "put right what the message names; it is tried again by itself, and what is published \
                 stays meanwhile"
            }
            Self::AwaitsFirstRead { .. } => {
                "wait: it goes on by itself, and is told as a failed sync if it lasts for ten minutes"
            }
            Self::FilteredDomain { by, .. } => by.hint(),
            Self::NamespaceNotAllowed { .. } => {
                "use a name in one of the domains of the namespace, or have the person who runs Signpost \
                 add a --namespace-domain for it; what it published under this name is withdrawn"
            }
            Self::UnmanagedType { .. } => {
                "name the type in --managed-record-types beside all others that are managed: what is \
                 given there replaces the default, A,AAAA,CNAME"
            }
            Self::NoZone => {
                "create the zone, or let the provider see it; its zone filters may leave it out"
            }
            Self::ForeignOwner { owner: Some(_), .. } => {
                "let the other owner disown it, or take over what is desired here: `signpost ownership \
                 migrate --from-owner=OWNER` with the owner's id and the controller's flags, or \
                 --migrate-from-txt-owner=OWNER"
            }
            Self::ForeignOwner { owner: None, .. } => {
                "if it is meant to be managed, take it over: `signpost ownership adopt` with the \
                 name and the controller's flags, or --adopt"
            }
            Self::CannotCoexist { .. } => {
                "give one of the two another name, or want addresses instead of a CNAME; a zone \
                 and its mail may hang on the other one, so leave it as it is"
            }
            Self::AmbiguousOwnershipRecord { .. } => {
                "if the record is yours, take it over: `signpost ownership adopt` with the name \
                 and the controller's flags, or --adopt; the ownership record then says what it is about"
            }
            Self::UnreadableOwnershipRecord { .. } => {
                "give the key that it was encrypted with (--txt-encrypt-aes-key-file); without it \
                 nobody can tell whose the record is, so it stays as it is"
            }
            Self::Conflict { .. } => {
                "remove the name from one of the objects; within a namespace, a higher `priority` \
                 annotation says which of them shall have it"
            }
            Self::RoutingPolicyConflict { .. } => {
                "use the routing policy and a set identifier beside those of the other record set, \
                 or another name; adopting (--adopt) removes the other record set"
            }
            Self::PolicyForbids { verb: Verb::Delete, .. } => {
                "if it is to go, run with `--policy=sync`, or add `delete` to the list of --policy; \
                 otherwise it stays as it is"
            }
            Self::PolicyForbids { verb: Verb::Create, .. } => {
                "run with `--policy=upsert-only` or `sync`, or add `create` to the list of --policy"
            }
            Self::PolicyForbids { verb: Verb::Update | Verb::Own, .. } => {
                "run with `--policy=upsert-only` or `sync`, or add `update` to the list of --policy"
            }
            Self::PolicyForbids { verb: Verb::Replace, .. } => {
                "run with `--policy=upsert-only` or `sync`, or add `replace` to the list of --policy"
            }
            Self::DeletionHeld { .. } => {
                "find out why so much is gone; if the deletions are meant, run `signpost approve` \
                 with the hash that is shown with them"
            }
            Self::TargetsLost { .. } => {
                "restore the object's status; --on-target-loss and --target-loss-grace say how \
                 long the last answer stays"
            }
            Self::ProviderRejected { .. } if self.is_about_a_zone() => {
                "put the zone right as the message says; no object is at fault, and its names are \
                 tried again by themselves"
            }
            Self::ProviderRejected { rejection, .. } if *rejection == RefusalCode::NotTried => {
                "wait; it is tried again by itself"
            }
            Self::ProviderRejected { .. } => {
                "put right what the message names; it is tried again by itself"
            }
            Self::UnownedCopy { .. } => {
                "take the copy over with `signpost ownership adopt`, the name and the controller's \
                 flags while an object wants the name; until then both stay as they are"
            }
            Self::CutsOffOthers { .. } => {
                "choose a name with nothing of others below it, or have what is below it given up first; \
                 the next sync then publishes this one"
            }
            Self::NotDelegated { .. } => {
                "make the NS records of the child zone in its parent; the next sync then deletes what \
                 is left in the parent"
            }
            Self::WaitsForZone { .. } => {
                "clear what is in the way in that zone, or let the object want this one again; \
                 then the rest follows"
            }
            Self::AdjustDropped => "look at the provider's log; what is published stays meanwhile",
            Self::OwnershipRecordImpossible => "choose another --txt-prefix or --txt-suffix",
            Self::OwnershipRecordInTheWay => {
                "if the other record goes, the next sync publishes this one; if it stays, choose \
                 another name for this one, or another --txt-prefix or --txt-suffix"
            }
            Self::UnownedChange { .. } => {
                "use the registry `txt`, which knows what is ours, or allow it with \
                 --allow-unowned-changes"
            }
            Self::OwnerIdShared { .. } => {
                "give each cluster its own --txt-owner-id; if the other one is gone for good, name \
                 it in --former-instance"
            }
        }
    }

    /// Returns every reason there is, in order of code.
    pub fn catalogue() -> Vec<CatalogueRow> {
        let row = |reason: &Self| CatalogueRow {
            code: reason.code(),
            sentence: reason.to_string(),
            hint: reason.hint(),
            needs_someone: reason.needs_someone(),
        };
        let mut rows: Vec<_> = Self::examples().iter().map(row).collect();
        rows.sort_by_key(|row| row.code);
        rows
    }

    /// One example of each variant.
    #[expect(clippy::too_many_lines, reason = "one entry a reason, and none can be forgotten")]
    fn examples() -> Vec<Self> {
        let text = str::to_owned;
        vec![
            Self::AnnotationConflict {
                used: text("external-dns.kubernetes.io/hostname"),
                ignored: text("external-dns.alpha.kubernetes.io/hostname"),
            },
            Self::InvalidAnnotation {
                annotation: text("external-dns.kubernetes.io/ttl"),
                value: text("soon"),
                expected: text("seconds or a duration such as `5m`"),
                is_ignored: true,
            },
            Self::IgnoredAnnotation {
                annotation: text("external-dns.kubernetes.io/target"),
                why: text("it is read on the Gateway, not on the route"),
            },
            Self::InvalidName {
                name: text("https://www.example.com"),
                place: Place::Annotation(text("external-dns.kubernetes.io/hostname")),
                why: text("it has a scheme; write the host alone"),
            },
            Self::InvalidTarget {
                target: text("300.0.2.1"),
                place: Place::Annotation(text("external-dns.kubernetes.io/target")),
                why: text("its last label is a number, so it reads as an address and is none"),
            },
            Self::no_targets("`status.loadBalancer`"),
            Self::ParentNotAccepted {
                parent: text("Gateway/default/gw"),
                why: text("`Accepted` is `False`"),
            },
            Self::NotServed {
                parent: text("Gateway/default/gw"),
                why: text("no listener serves `www.example.com`"),
            },
            Self::NoNames { from: text("the `hostname` annotation") },
            Self::MissingObject { object: text("Service/default/web") },
            Self::ReferenceNotRead {
                object: text("Service/ambassador/ambassador"),
                why: text("is outside --namespace"),
            },
            Self::TooManyNames { names: 52_000, most: 1_000 },
            Self::TooManyTargets { targets: 120_000, most: 100_000 },
            Self::TooManyBytes { bytes: 9_000_000, most: 8_192_000 },
            Self::LeftOut { why: text("the Service is reached inside the cluster only") },
            Self::OtherController { controller: text("other") },
            Self::Unreadable { error: text("spec.rules is not a list") },
            Self::UnlabelledRecordsHeld { records: 12 },
            Self::TemplateFailed {
                template: text("{{.Name}}.example.com"),
                error: text("no field `Name`"),
            },
            Self::SourceUnavailable {
                what: text("watch services"),
                error: text("services is forbidden"),
            },
            Self::UpToDate,
            Self::Created,
            Self::Updated { verb: Verb::Update },
            Self::Deleted,
            Self::DryRun { verb: Verb::Create, of_provider: false },
            Self::SyncFailed {
                error: text(
                    "cannot connect to the provider at http://localhost:8888: connection refused",
                ),
            },
            Self::AwaitsFirstRead {
                progress: text(
                    "the zones are still being read: zone `example.com` (Z1) 3000 of 9000 record sets",
                ),
            },
            Self::FilteredDomain {
                filter: text("only names under `example.com`"),
                by: FilteredBy::DomainFilter,
            },
            Self::NamespaceNotAllowed {
                namespace: text("team-b"),
                rule: text("--namespace-domain=team-b=b.example.com"),
            },
            Self::UnmanagedType { record_type: RecordType::Mx },
            Self::NoZone,
            Self::ForeignOwner { owner: Some(text("cluster-2")), record_type: RecordType::A },
            Self::CannotCoexist { record_type: RecordType::Txt },
            Self::AmbiguousOwnershipRecord { ownership_record: text("a-www.example.com") },
            Self::UnreadableOwnershipRecord { ownership_record: text("a-www.example.com") },
            Self::Conflict { winner: text("service/default/web") },
            Self::RoutingPolicyConflict {
                set_identifier: text("cluster-2"),
                policy: text("latency"),
            },
            Self::PolicyForbids { policy: text("upsert-only"), verb: Verb::Delete },
            Self::DeletionHeld {
                zone: Some(ZoneInfo::named("example.com")),
                namespace: Some(text("team-b")),
                names: 150,
                of: 200,
            },
            Self::TargetsLost {
                cause: Box::new(Self::no_targets("`status.loadBalancer`")),
                grace_seconds: Some(600),
            },
            Self::ProviderRejected {
                rejection: RefusalCode::InvalidProperty,
                message: text("`aws/weight` must be a number from 0 to 255"),
            },
            Self::UnownedCopy { zone: text("corp.example.com (Z2, private)") },
            Self::CutsOffOthers { name: "www.shop.example.com".into() },
            Self::NotDelegated {
                zone: text("dev.example.com (Z3, public)"),
                parent: text("example.com (Z1, public)"),
            },
            Self::WaitsForZone {
                zone: text("example.com (Z2, private)"),
                cause: Box::new(Self::ForeignOwner { owner: None, record_type: RecordType::Cname }),
            },
            Self::AdjustDropped,
            Self::OwnershipRecordImpossible,
            Self::OwnershipRecordInTheWay,
            Self::UnownedChange { verb: Verb::Delete },
            Self::OwnerIdShared { instance: text("5f3a") },
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::Policy;

    #[test]
    fn the_catalogue_has_every_reason_once() {
        let codes: BTreeSet<_> = Reason::catalogue().iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), Reason::examples().len());
        // `code` is exhaustive by the compiler; each of its arms must have an example here.
        let arms = include_str!("code.rs");
        let arms = arms.split("fn code(").nth(1).unwrap().split("\n    }\n").next().unwrap();
        for arm in arms.lines().filter_map(|line| line.split('"').nth(1)) {
            assert!(codes.contains(arm), "{arm} has no example");
        }
    }

    #[test]
    fn every_reason_that_is_not_success_says_what_to_do() {
        for reason in Reason::examples() {
            assert_eq!(reason.hint().is_empty(), reason.is_well(), "{}", reason.code());
            assert!(!reason.to_string().ends_with('.'));
        }
    }

    #[test]
    fn what_a_policy_forbids_has_a_next_step_with_policies_that_allow_it() {
        for verb in [Verb::Create, Verb::Update, Verb::Replace, Verb::Delete, Verb::Own] {
            let hint = Reason::PolicyForbids { policy: "create".to_owned(), verb }.hint();
            let named: Vec<_> = ["sync", "upsert-only", "create-only"]
                .into_iter()
                .filter(|policy| hint.contains(policy))
                .collect();
            assert!(!named.is_empty(), "{hint}");
            for policy in named {
                assert!(policy.parse::<Policy>().unwrap().allows(verb), "{verb}: {policy}");
            }
        }
    }

    #[test]
    fn a_dry_run_of_the_provider_is_not_as_desired_and_has_a_next_step() {
        let dry = |of_provider| Reason::DryRun { verb: Verb::Create, of_provider };
        assert!(dry(false).is_well() && !dry(false).needs_someone());
        assert!(!dry(true).is_well() && dry(true).needs_someone());
        assert!(dry(true).hint().contains("without --dry-run"));
        assert!(dry(true).to_string().contains("the provider runs with --dry-run"));
    }

    #[test]
    fn reasons_read_as_the_docs_show_them() {
        let rows = Reason::catalogue();
        let line =
            |row: &CatalogueRow| format!("{}: {}\n    {}\n", row.code, row.sentence, row.hint);
        insta::assert_snapshot!("reasons", rows.iter().map(line).collect::<String>());
    }
}
