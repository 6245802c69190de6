//! The sentence of each reason, as people read it.

use std::fmt;

use external_dns_webhook::{Printable, counted};

use super::{FilteredBy, Reason, Verb};

/// Most characters that are shown of a value: one may be as long as an object.
const MAX_VALUE: usize = 200;

/// Most characters that are shown of what a program says went wrong.
const MAX_ERROR: usize = 1000;

/// What a reason says.
struct Sentence<'a>(&'a Reason);

/// The beginning of a text, and how long it is where that is not all.
struct Cut<'a>(&'a str, usize);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, most) = self;
        let Some((end, _)) = text.char_indices().nth(*most) else { return f.write_str(text) };
        let (shown, _) = text.split_at(end);
        write!(f, "{shown}… ({} characters)", text.chars().count())
    }
}

fn value(text: &str) -> Cut<'_> {
    Cut(text, MAX_VALUE)
}

fn error(text: &str) -> Cut<'_> {
    Cut(text, MAX_ERROR)
}

impl fmt::Display for Reason {
    /// Writes one line, whatever others wrote into what it tells.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Printable(Sentence(self)))
    }
}

impl fmt::Display for Sentence<'_> {
    #[expect(clippy::too_many_lines, reason = "one line a reason, and none can be forgotten")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(reason) = self;
        match reason {
            Reason::AnnotationConflict { used, ignored } => {
                write!(f, "both `{used}` and `{ignored}` are set and differ; the first is used")
            }
            Reason::InvalidAnnotation { annotation, value: given, expected, is_ignored: _ } => {
                let (annotation, given) = (value(annotation), value(given));
                write!(f, "`{annotation}: {given}` means nothing; expected {expected}")
            }
            Reason::IgnoredAnnotation { annotation, why } => {
                write!(f, "`{}` has no effect: {why}", value(annotation))
            }
            Reason::InvalidName { name, place, why } => {
                write!(f, "the name `{}`{place} cannot exist: {}", value(name), error(why))
            }
            Reason::InvalidTarget { target, place, why } => {
                write!(f, "`{}`{place} cannot be answered: {}", value(target), error(why))
            }
            Reason::NoTargets { looked_at: "" } => {
                f.write_str("there is nothing to answer with yet")
            }
            Reason::NoTargets { looked_at } => {
                write!(f, "there is nothing to answer with yet in {looked_at}")
            }
            Reason::ParentNotAccepted { parent, why } => {
                write!(f, "`{parent}` does not take the object: {why}")
            }
            Reason::NotServed { parent, why } => write!(f, "`{parent}` does not serve it: {why}"),
            Reason::NoNames { from } => {
                write!(f, "it has no host name; they come from {from}")
            }
            Reason::MissingObject { object } => {
                write!(f, "it refers to `{object}`, which is not there")
            }
            Reason::ReferenceNotRead { object, why } => {
                write!(f, "it refers to `{object}`, which {why}")
            }
            Reason::TooManyNames { .. }
            | Reason::TooManyTargets { .. }
            | Reason::TooManyBytes { .. } => reason.too_much(f),
            Reason::LeftOut { why } => write!(f, "it is left out: {why}"),
            Reason::OtherController { controller } => {
                write!(f, "the object is for the controller `{}`", value(controller))
            }
            Reason::Unreadable { error: text } => {
                write!(f, "the object cannot be read: {}", error(text))
            }
            Reason::UnlabelledRecordsHeld { records } => write!(
                f,
                "not all that it wants is known, so {} without a source object {} stay: {} may be its own",
                counted(*records, "record"),
                if *records == 1 { "has to" } else { "have to" },
                if *records == 1 { "it" } else { "they" }
            ),
            Reason::TemplateFailed { template, error: text } => {
                write!(f, "the template `{}` failed: {}", value(template), error(text))
            }
            Reason::SourceUnavailable { what, error: text } => {
                write!(f, "cannot {what}: {}", error(text))
            }
            Reason::UpToDate => f.write_str("the provider already answers as desired"),
            Reason::Created => f.write_str("it was created"),
            Reason::Updated { verb: Verb::Own } => f.write_str("its ownership record was written"),
            Reason::Updated { verb: Verb::Replace } => {
                f.write_str("it was put in the place of what excludes it")
            }
            Reason::Updated { verb: _ } => f.write_str("it was updated"),
            Reason::Deleted => f.write_str("it was deleted"),
            Reason::DryRun { verb, of_provider: false } => {
                write!(f, "a dry run writes nothing; without it, the plan is to {verb} it")
            }
            Reason::DryRun { verb, of_provider: true } => write!(
                f,
                "the provider runs with --dry-run and writes nothing; without that, the plan is to \
                 {verb} it"
            ),
            Reason::SyncFailed { error: cause } => {
                write!(f, "not known to be as desired: the last sync failed: {}", error(cause))
            }
            Reason::AwaitsFirstRead { progress } => {
                write!(f, "waits for the provider's first read of its zones: {}", error(progress))
            }
            Reason::FilteredDomain { filter, by: FilteredBy::Provider } => {
                write!(f, "the domain filter of the provider leaves it out: it takes {filter}")
            }
            Reason::FilteredDomain { filter, by: _ } => {
                write!(f, "the domain filter leaves it out: it takes {filter}")
            }
            Reason::NamespaceNotAllowed { namespace, rule } => {
                write!(f, "`{}` does not let the namespace `{namespace}` have it", error(rule))
            }
            Reason::UnmanagedType { record_type } => {
                write!(f, "records of type {} are not managed", value(record_type.as_str()))
            }
            Reason::NoZone => f.write_str("none of the provider's zones can hold the name"),
            Reason::ForeignOwner { owner: Some(owner), record_type } => {
                write!(f, "its {record_type} record belongs to the owner `{owner}`")
            }
            Reason::ForeignOwner { owner: None, record_type } => {
                write!(f, "its {record_type} record exists and nobody owns it")
            }
            Reason::CannotCoexist { record_type } => {
                write!(f, "it cannot exist beside the {record_type} record that is there")
            }
            Reason::AmbiguousOwnershipRecord { ownership_record } => {
                write!(
                    f,
                    "the ownership record at `{ownership_record}` could be about another record"
                )
            }
            Reason::UnreadableOwnershipRecord { ownership_record } => write!(
                f,
                "the ownership record at `{ownership_record}` cannot be read, so it may be \
                 another owner's"
            ),
            Reason::Conflict { winner } if !winner.contains('/') => {
                f.write_str("another object holds the name")
            }
            Reason::Conflict { winner } => write!(f, "`{winner}` holds the name"),
            Reason::RoutingPolicyConflict { set_identifier, policy }
                if set_identifier.is_empty() =>
            {
                write!(f, "a record with {policy} routing, which excludes others, has the name")
            }
            Reason::RoutingPolicyConflict { set_identifier, policy } => {
                write!(f, "the record `{set_identifier}` with {policy} routing has the name")
            }
            Reason::PolicyForbids { policy, verb: Verb::Delete } => write!(
                f,
                "no object wants it any more, and the policy `{policy}` does not allow to delete it"
            ),
            Reason::PolicyForbids { policy, verb } => {
                write!(f, "the policy `{policy}` does not allow to {verb} it")
            }
            Reason::DeletionHeld { zone, namespace, names, of } => {
                write!(f, "{names} of {}", counted(*of, "name"))?;
                match namespace.as_deref() {
                    None => {}
                    Some("") => f.write_str(" of objects without a namespace")?,
                    Some(namespace) => write!(f, " of the namespace `{namespace}`")?,
                }
                if let Some(zone) = zone {
                    write!(f, " in `{zone}`")?;
                }
                f.write_str(" would lose records within a minute, so no more are deleted")
            }
            Reason::TargetsLost { cause, grace_seconds: Some(seconds) } => {
                write!(f, "{cause}; its last answer stays for {seconds} s")
            }
            Reason::TargetsLost { cause, grace_seconds: None } => {
                write!(f, "{cause}; its last answer stays")
            }
            Reason::ProviderRejected { rejection, message } if reason.is_about_a_zone() => {
                write!(f, "its zone stands in the way ({rejection}): {}", error(message))
            }
            Reason::ProviderRejected { rejection, message } => {
                write!(f, "the provider refuses it ({rejection}): {}", error(message))
            }
            Reason::UnownedCopy { zone } => write!(
                f,
                "its copy in `{zone}` has no ownership record, so neither of them is deleted"
            ),
            Reason::CutsOffOthers { name } => write!(
                f,
                "`{name}` below it is not this namespace's, and nobody would be answered with what is \
                 there any more"
            ),
            Reason::NotDelegated { zone, parent } => write!(
                f,
                "`{parent}` has no NS records for `{zone}`, so nobody asks there yet, and what is \
                 here stays"
            ),
            Reason::WaitsForZone { zone, cause } if zone.is_empty() => {
                write!(f, "it stays until what takes its place can come anywhere: {cause}")
            }
            Reason::WaitsForZone { zone, cause } => {
                write!(f, "it stays until what takes its place in `{zone}` is there: {cause}")
            }
            Reason::AdjustDropped => f.write_str("the provider dropped it without saying why"),
            Reason::OwnershipRecordImpossible => {
                f.write_str("there is no free name to keep its ownership record under")
            }
            Reason::OwnershipRecordInTheWay => {
                f.write_str("an ownership record on another record is kept under its name")
            }
            Reason::UnownedChange { verb } => {
                write!(f, "nobody owns the record, so it is not safe to {verb} it")
            }
            Reason::OwnerIdShared { instance } => {
                write!(f, "the instance `{instance}` uses the same owner id and wrote the record")
            }
        }
    }
}

impl Reason {
    /// Writes that an object wants more than one may have; nothing for any other reason.
    fn too_much(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::TooManyNames { names, most } = self {
            write!(f, "the object wants {}, and one may have {most}", counted(*names, "name"))?;
        }
        if let Self::TooManyBytes { bytes, most } = self {
            write!(
                f,
                "the record sets of the object take {} or more, and may take {most}",
                counted(*bytes, "byte")
            )?;
        }
        if let Self::TooManyTargets { targets, most } = self {
            write!(
                f,
                "the names of the object have {} or more, and may have {most}",
                counted(*targets, "value")
            )?;
        }
        Ok(())
    }
}
