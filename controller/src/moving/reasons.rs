//! What `ExternalDNS` does where we say no: for every reason there is.

use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::ObjectRef;

use super::objects::ONE_PREFIX;
use super::{Difference, Evidence, Kind};

/// Adds names and objects about which we decide otherwise.
pub(super) fn add(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    for status in &evidence.plan.statuses {
        let Some(external_dns) = in_external_dns(&status.reason) else { continue };
        all.push(Difference {
            kind: Kind::Judged,
            about: about(status),
            external_dns: external_dns.to_owned(),
            here: format!("{}: {}", status.reason.code(), status.reason),
            next: status.reason.hint().to_owned(),
        });
    }
}

fn about(status: &RecordStatus) -> String {
    let RecordStatus { name, record_type, object, zone, reason: _ } = status;
    let record_type = record_type.as_ref().map(|of| format!(" {of}")).unwrap_or_default();
    let zone = zone.as_ref().map(|zone| format!("  [zone {zone}]")).unwrap_or_default();
    let object = object.as_ref().map(ObjectRef::shown).unwrap_or_default();
    match name.as_str() {
        "" => object.into_owned(),
        name if object.is_empty() => format!("{name}{record_type}{zone}"),
        name => format!("{object}: {name}{record_type}{zone}"),
    }
}

/// Returns what `ExternalDNS` does where we have this reason; `None` where it comes to the same.
///
/// Each sentence is a row of docs/compatibility.md.
fn in_external_dns(reason: &Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::AnnotationConflict { .. } => ONE_PREFIX,
        Reason::InvalidAnnotation { .. } => {
            "goes on as if the annotation were not there"
        }
        Reason::InvalidName { .. } => "publishes it as it is written, or drops it without a word",
        Reason::InvalidTarget { .. } => {
            "makes a record of it, a CNAME where it is no address, or drops it and its record"
        }
        Reason::ParentNotAccepted { .. } | Reason::NotServed { .. } => {
            "goes by any accepted parent, of whatever generation, listener or port, and deletes what no parent serves"
        }
        Reason::MissingObject { .. } => {
            "publishes nothing for it and deletes what it had published, or fails the whole source"
        }
        Reason::ReferenceNotRead { .. } => {
            "passes over the reference, or compares it letter by letter, and deletes what is not served"
        }
        Reason::TooManyNames { .. } | Reason::TooManyTargets { .. } | Reason::TooManyBytes { .. } => {
            "publishes any number for one object"
        }
        Reason::Unreadable { .. } => {
            "fails the whole sync, or drops what it cannot read and deletes its record"
        }
        Reason::UnlabelledRecordsHeld { .. } => "deletes them: nothing wants them",
        Reason::TemplateFailed { .. } => "fails the whole sync",
        Reason::NamespaceNotAllowed { .. } => "gives any object any name",
        Reason::ForeignOwner { owner: None, .. } => {
            "leaves it, unless a copy in another zone is its own: it sees copies as one record, and writes them all"
        }
        Reason::CannotCoexist { .. } => "sends it, and the provider refuses it in every sync",
        Reason::AmbiguousOwnershipRecord { .. } => {
            "takes the ownership record for one of every record set of its name"
        }
        Reason::UnreadableOwnershipRecord { .. } => {
            "reads no owner there, and leaves it or, with another registry, writes it"
        }
        Reason::Conflict { .. } => "merges the targets of several objects in some cases, and takes one of them in others",
        Reason::RoutingPolicyConflict { .. } => "plans each set identifier by itself, and the provider refuses one of them",
        Reason::TargetsLost { .. } => "deletes it: the object says nothing to answer with",
        Reason::ProviderRejected { .. } => "sends it as it is, passing over settings that it does not know",
        Reason::UnownedCopy { .. } => "sees copies in several zones as one record, and writes them all",
        Reason::CutsOffOthers { .. } => "delegates, and what others have below is not answered with any more",
        Reason::NotDelegated { .. } => "leaves what the parent zone has, and goes on in the child",
        Reason::WaitsForZone { .. } => "writes each zone, whatever becomes of the other",
        Reason::AdjustDropped => "deletes what the provider left out of its answer",
        Reason::OwnershipRecordImpossible | Reason::OwnershipRecordInTheWay => {
            "writes the ownership record outside of the zone, or over what is there"
        }
        Reason::UnownedChange { .. } => "changes and deletes records of anybody",
        Reason::OwnerIdShared { .. } => "changes and deletes it: the owner id is all that it goes by",
        Reason::IgnoredAnnotation { .. }
        | Reason::NoTargets { .. }
        | Reason::NoNames { .. }
        | Reason::LeftOut { .. }
        | Reason::OtherController { .. }
        | Reason::SourceUnavailable { .. }
        | Reason::UpToDate
        | Reason::Created
        | Reason::Updated { .. }
        | Reason::Deleted
        | Reason::DryRun { .. }
        | Reason::SyncFailed { .. }
        | Reason::AwaitsFirstRead { .. }
        | Reason::FilteredDomain { .. }
        | Reason::UnmanagedType { .. }
        | Reason::NoZone
        | Reason::ForeignOwner { owner: Some(_), .. }
        | Reason::PolicyForbids { .. }
        // The step of the plan says so.
        | Reason::DeletionHeld { .. } => return None,
    })
}
