//! The sentence of each reason, as people read it.

use std::fmt;

use super::Reason;

impl fmt::Display for Reason {
    #[expect(clippy::too_many_lines, reason = "one line a reason, and none can be forgotten")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnnotationConflict { used, ignored } => {
                write!(f, "both `{used}` and `{ignored}` are set and differ; the first is used")
            }
            Self::InvalidAnnotation { annotation, value, expected } => {
                write!(f, "`{annotation}: {value}` means nothing; expected {expected}")
            }
            Self::IgnoredAnnotation { annotation, why } => {
                write!(f, "`{annotation}` has no effect: {why}")
            }
            Self::InvalidName { name, place, why } => {
                write!(f, "the name `{name}`{place} cannot exist: {why}")
            }
            Self::InvalidTarget { target, place, why } => {
                write!(f, "`{target}`{place} cannot be answered: {why}")
            }
            Self::NoTargets => f.write_str("there is nothing to answer with yet"),
            Self::ParentNotAccepted { parent, why } => {
                write!(f, "`{parent}` does not take the object: {why}")
            }
            Self::NotServed { parent, why } => write!(f, "`{parent}` does not serve it: {why}"),
            Self::NoNames { from } => {
                write!(f, "it asks for no host name; they come from {from}")
            }
            Self::MissingObject { object } => {
                write!(f, "it refers to `{object}`, which is not there")
            }
            Self::ReferenceNotRead { object, why } => {
                write!(f, "it refers to `{object}`, which {why}")
            }
            Self::TooManyNames { .. } | Self::TooManyTargets { .. } | Self::TooManyBytes { .. } => {
                self.too_much(f)
            }
            Self::LeftOut { why } => write!(f, "it is left out: {why}"),
            Self::OtherController { controller } => {
                write!(f, "the object is for the controller `{controller}`")
            }
            Self::Unreadable { error } => write!(f, "the object cannot be read: {error}"),
            Self::TemplateFailed { template, error } => {
                write!(f, "the template `{template}` failed: {error}")
            }
            Self::SourceUnavailable { what, error } => write!(f, "cannot {what}: {error}"),
            Self::UpToDate => f.write_str("the provider already answers as asked"),
            Self::Published { verb } => write!(f, "the provider is asked to {verb} it"),
            Self::FilteredDomain { filter } => {
                write!(f, "the domain filter {filter} leaves it out")
            }
            Self::UnmanagedType { record_type } => {
                write!(f, "records of type {record_type} are not managed")
            }
            Self::NoZone => f.write_str("none of the provider's zones can hold the name"),
            Self::ForeignOwner { owner: Some(owner), record_type } => {
                write!(f, "its {record_type} record belongs to the owner `{owner}`")
            }
            Self::ForeignOwner { owner: None, record_type } => {
                write!(f, "its {record_type} record exists and nobody claims it")
            }
            Self::CannotCoexist { record_type } => {
                write!(f, "it cannot exist beside the {record_type} record that is there")
            }
            Self::AmbiguousClaim { claim } => {
                write!(f, "the claim at `{claim}` could be about another record")
            }
            Self::Conflict { winner } => write!(f, "`{winner}` holds the name"),
            Self::RoutingPolicyConflict { set_identifier, policy } if set_identifier.is_empty() => {
                write!(f, "a record with {policy} routing, which excludes others, has the name")
            }
            Self::RoutingPolicyConflict { set_identifier, policy } => {
                write!(f, "the record `{set_identifier}` with {policy} routing has the name")
            }
            Self::PolicyForbids { policy, verb } => {
                write!(f, "the policy `{policy}` does not allow to {verb} it")
            }
            Self::HeldByBrake { zone, names, of } if zone.is_empty() => {
                write!(
                    f,
                    "{names} of {of} names would lose records within a minute, so no more are deleted"
                )
            }
            Self::HeldByBrake { zone, names, of } => write!(
                f,
                "{names} of {of} names in `{zone}` would lose records within a minute, so no more are deleted"
            ),
            Self::TargetsLost { cause, grace_seconds: Some(seconds) } => {
                write!(f, "{cause}; its last answer stays for {seconds} s")
            }
            Self::TargetsLost { cause, grace_seconds: None } => {
                write!(f, "{cause}; its last answer stays")
            }
            Self::ProviderRejected { rejection, message } => {
                write!(f, "the provider refuses it ({rejection}): {message}")
            }
            Self::UnownedCopy { zone } => write!(
                f,
                "its copy in `{zone}` has no ownership record, so neither of them is deleted"
            ),
            Self::WaitsForZone { zone, cause } if zone.is_empty() => {
                write!(f, "it stays until what takes its place can come anywhere: {cause}")
            }
            Self::WaitsForZone { zone, cause } => {
                write!(f, "it stays until what takes its place in `{zone}` is there: {cause}")
            }
            Self::AdjustDropped => f.write_str("the provider dropped it without saying why"),
            Self::ClaimImpossible => f.write_str("there is no free name to keep its claim under"),
            Self::ClaimInTheWay => f.write_str("a claim on another record is kept under its name"),
            Self::UnownedChange { verb } => {
                write!(f, "nobody claims the record, so it is not safe to {verb} it")
            }
            Self::OwnerIdShared { instance } => {
                write!(f, "the instance `{instance}` uses the same owner id and wrote the record")
            }
        }
    }
}

impl Reason {
    /// Writes that an object asks for more than one may have; nothing for any other reason.
    fn too_much(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::TooManyNames { names, most } = self {
            write!(f, "the object asks for {names} names, and one may have {most}")?;
        }
        if let Self::TooManyBytes { bytes, most } = self {
            write!(
                f,
                "the record sets of the object take {bytes} bytes or more, and may take {most}"
            )?;
        }
        if let Self::TooManyTargets { targets, most } = self {
            write!(
                f,
                "the names of the object have {targets} values or more, and may have {most}"
            )?;
        }
        Ok(())
    }
}
