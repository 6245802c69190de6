//! Every reason to act otherwise than desired: one closed list.
//!
//! Logs, events, metrics, `explain` and `docs/reasons.md` all render this enum, so a reason that is
//! not here cannot be given, and one that is here can be looked up.

mod catalogue;
mod code;
mod filtered_by;
mod needs;
mod place;
mod sentence;

use std::fmt;

use external_dns_webhook::{DnsName, ObjectRef, RecordType, RefusalCode};
use serde::Serialize;

pub use self::catalogue::CatalogueRow;
pub use self::filtered_by::FilteredBy;
pub use self::place::Place;
use crate::zone::ZoneInfo;

/// Said where it is not known, or not to be told, which object it is.
const ANOTHER_OBJECT: &str = "another object";

/// What became of one name that an object wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordStatus {
    /// Name that was desired or would have been removed; empty when it is about a whole object.
    pub name: DnsName,
    /// Type of the record set, where one was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_type: Option<RecordType>,
    /// The source object; `None` for a record that no object wants any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// Which zone it is about; `None` for all of them, and for a provider that does not tell record
    /// sets apart by their zone.
    #[serde(flatten)]
    pub zone: Option<ZoneInfo>,
    /// Why.
    #[serde(serialize_with = "told")]
    pub reason: Reason,
}

/// Why something is not done as desired.
///
/// [`code`](Self::code) is stable and machine-readable, the `Display` text is one sentence for
/// people, and [`hint`](Self::hint) is the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all_fields = "camelCase")]
pub enum Reason {
    /// Both annotation prefixes are present and disagree.
    AnnotationConflict {
        /// Key that was read.
        used: String,
        /// Key that was ignored.
        ignored: String,
    },
    /// An annotation has a value that means nothing.
    InvalidAnnotation {
        /// The annotation's key.
        annotation: String,
        /// The value as given.
        value: String,
        /// What a valid value looks like.
        expected: String,
        /// Whether it is as if it were not there; otherwise what the object has published stays.
        #[serde(skip)]
        is_ignored: bool,
    },
    /// An annotation is known but has no effect here.
    IgnoredAnnotation {
        /// The annotation's key.
        annotation: String,
        /// Why it has no effect.
        why: String,
    },
    /// A name cannot exist in the DNS.
    InvalidName {
        /// The name as given.
        name: String,
        /// Where it stands.
        place: Place,
        /// What is wrong with it.
        why: String,
    },
    /// A value cannot be answered for this record type.
    InvalidTarget {
        /// The value as given.
        target: String,
        /// Where it stands.
        place: Place,
        /// What is wrong with it.
        why: String,
    },
    /// The object exists but says nothing to answer with.
    NoTargets {
        /// Where targets would have to be, in words; empty when that is not known.
        #[serde(skip_serializing_if = "str::is_empty")]
        looked_at: &'static str,
    },
    /// What the object attaches to does not take it, or has not said so yet.
    ParentNotAccepted {
        /// What it attaches to, as `kind/namespace/name`.
        parent: String,
        /// What was said, or not.
        why: String,
    },
    /// What the object attaches to does not serve it, as the two are.
    NotServed {
        /// What it attaches to, as `kind/namespace/name`.
        parent: String,
        /// Why not.
        why: String,
    },
    /// The object is read and wants no name.
    NoNames {
        /// Where its names could come from.
        from: String,
    },
    /// The object refers to another one that is not there.
    MissingObject {
        /// The other object, as `kind/namespace/name`.
        object: String,
    },
    /// The object refers to another one that is not among what is read, or makes no sense.
    ReferenceNotRead {
        /// The other object, as `kind/namespace/name`.
        object: String,
        /// Why it is not read, after `which`.
        why: String,
    },
    /// The object wants more names than one object may have.
    TooManyNames {
        /// How many it wants; one counts once for each set identifier.
        names: usize,
        /// How many it may have.
        most: usize,
    },
    /// The object wants more values, over all its names, than one object may have.
    TooManyTargets {
        /// How many it wants, at least.
        targets: usize,
        /// How many it may have.
        most: usize,
    },
    /// The record sets of the object are larger, all together, than those of one object may be.
    TooManyBytes {
        /// How many bytes they take, at least.
        bytes: usize,
        /// How many they may take.
        most: usize,
    },
    /// The name, or the object, is not to be published as things are set.
    LeftOut {
        /// Which setting or field keeps it out.
        why: String,
    },
    /// Another controller is named on the object.
    OtherController {
        /// The controller it names.
        controller: String,
    },
    /// The object cannot be read.
    Unreadable {
        /// What is wrong with it.
        error: String,
    },
    /// Records that may be of the object stay, since what it wants is not known in full.
    UnlabelledRecordsHeld {
        /// Records that do not name their source object and that no object is known to want.
        records: usize,
    },
    /// A template failed on the object.
    TemplateFailed {
        /// The template.
        template: String,
        /// What went wrong.
        error: String,
    },
    /// A kind of object is not known in full.
    SourceUnavailable {
        /// What could not be done, such as `watch services`.
        what: String,
        /// The cause, as the API server tells it.
        error: String,
    },
    /// The provider already answers as desired.
    UpToDate,
    /// It was made in this sync.
    Created,
    /// It, or who owns it, was changed in this sync.
    Updated {
        /// What was done.
        verb: Verb,
    },
    /// It was removed in this sync.
    Deleted,
    /// A dry run planned it and wrote nothing.
    DryRun {
        /// What would be done.
        verb: Verb,
        /// Whether the provider makes it, and the controller did not mean one.
        of_provider: bool,
    },
    /// What was to be done is not known to be done: the sync failed.
    SyncFailed {
        /// The cause.
        error: String,
    },
    /// The provider still reads its zones for the first time, so nothing is known of them.
    AwaitsFirstRead {
        /// How far it has come, as it says.
        progress: String,
    },
    /// A filter leaves the name out.
    FilteredDomain {
        /// What the filter takes, in words.
        filter: String,
        /// Which filter it is.
        by: FilteredBy,
    },
    /// The namespace of the object may not have the name.
    NamespaceNotAllowed {
        /// The namespace.
        namespace: String,
        /// The flags that say so.
        rule: String,
    },
    /// Records of this type are not managed.
    UnmanagedType {
        /// The desired type.
        record_type: RecordType,
    },
    /// None of the provider's zones can hold the name.
    NoZone,
    /// Someone else holds the name.
    ForeignOwner {
        /// Who owns it; `None` when nobody does.
        owner: Option<String>,
        /// Type of the record set that is in the way.
        record_type: RecordType,
    },
    /// A record set that we neither own nor manage rules this one out.
    CannotCoexist {
        /// Type of the record set that is in the way.
        record_type: RecordType,
    },
    /// An ownership record could be about this name or about another one.
    AmbiguousOwnershipRecord {
        /// Name the ownership record is kept under.
        ownership_record: String,
    },
    /// A text that looks like an ownership record, and cannot be read, stands where that of the
    /// record set would stand: it may well have an owner.
    UnreadableOwnershipRecord {
        /// Name the text is kept under.
        ownership_record: String,
    },
    /// Another object holds the name.
    Conflict {
        /// Who holds it, as `kind/namespace/name`.
        winner: String,
    },
    /// The name already has record sets under another routing policy.
    RoutingPolicyConflict {
        /// Set identifier that is in the way; empty for a simple record set.
        set_identifier: String,
        /// Its routing policy.
        policy: String,
    },
    /// The policy does not allow the change.
    PolicyForbids {
        /// The policy.
        policy: String,
        /// What it does not allow.
        verb: Verb,
    },
    /// Too much would be deleted at once.
    DeletionHeld {
        /// Zone that loses records; `None` when the zones are not known. A text as JSON.
        #[serde(serialize_with = "crate::zone::as_text")]
        zone: Option<ZoneInfo>,
        /// Namespace whose objects are behind it; empty for objects without one, `None` when it is
        /// the zone as a whole that loses too much.
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// Names that would lose records.
        names: usize,
        /// Names that we have there.
        of: usize,
    },
    /// The object is there, but what its names should answer with was lost.
    TargetsLost {
        /// What is missing now.
        cause: Box<Self>,
        /// Seconds from the loss on for which the last answer is kept; `None` when for good.
        grace_seconds: Option<u64>,
    },
    /// The provider will not take the record set, or did not when asked.
    ProviderRejected {
        /// The provider's kind of refusal, in one word.
        rejection: RefusalCode,
        /// What it says.
        message: String,
    },
    /// A copy in another zone came with it and has no ownership record of its own.
    UnownedCopy {
        /// The zone of the copy.
        zone: String,
    },
    /// As a delegation or a DNAME record it would keep everyone from a name that is another namespace's,
    /// or not ours.
    CutsOffOthers {
        /// One such name.
        name: DnsName,
    },
    /// What takes its place is in a child zone to which nobody is sent.
    NotDelegated {
        /// The child zone.
        zone: String,
        /// Its parent, which has no NS records for it.
        parent: String,
    },
    /// What takes its place in another zone is not there yet, and cannot be made.
    WaitsForZone {
        /// The other zone; empty when no zone can hold it.
        zone: String,
        /// What is in the way there.
        cause: Box<Self>,
    },
    /// The provider left the name out of its answer without a word.
    AdjustDropped,
    /// No name is free or fit to keep the ownership record under.
    OwnershipRecordImpossible,
    /// An ownership record is kept under this very name.
    OwnershipRecordInTheWay,
    /// Changing a record set that nobody owns is not allowed.
    UnownedChange {
        /// What would be done.
        verb: Verb,
    },
    /// Another instance with our owner id wrote the record set.
    OwnerIdShared {
        /// The other instance.
        instance: String,
    },
}

/// What can be done to a record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Make one that does not exist.
    Create,
    /// Change values, TTL or settings of one that exists.
    Update,
    /// Exchange one that exists for one that cannot exist beside it.
    Replace,
    /// Remove one.
    Delete,
    /// Write who owns it, and nothing else.
    Own,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Own => "own",
        })
    }
}

impl RecordStatus {
    /// Returns the object as its `resource` label names it; empty for none.
    pub fn object_label(&self) -> &str {
        self.object.as_ref().map_or("", ObjectRef::label)
    }

    /// Returns the object as people are told it; empty for none.
    pub fn object_shown(&self) -> std::borrow::Cow<'_, str> {
        self.object.as_ref().map(ObjectRef::shown).unwrap_or_default()
    }

    /// Returns a status of a whole object.
    pub fn on_object(object: impl Into<ObjectRef>, reason: Reason) -> Self {
        Self {
            name: DnsName::default(),
            record_type: None,
            object: Some(object.into()),
            zone: None,
            reason,
        }
    }

    /// Returns a status of a name that an object wants.
    pub fn on_name(name: impl Into<DnsName>, object: impl Into<ObjectRef>, reason: Reason) -> Self {
        Self {
            name: name.into(),
            record_type: None,
            object: Some(object.into()),
            zone: None,
            reason,
        }
    }
}

impl Reason {
    /// Returns that another object has the name; `None` where it is not known which.
    pub(crate) fn conflict(winner: Option<&ObjectRef>) -> Self {
        let winner = winner.map_or(ANOTHER_OBJECT.into(), ObjectRef::shown).into_owned();
        Self::Conflict { winner }
    }

    /// Tells whether an object that published before has nothing to publish for now.
    pub fn is_target_loss(&self) -> bool {
        matches!(
            self,
            Self::NoTargets { .. }
                | Self::MissingObject { .. }
                | Self::ParentNotAccepted { .. }
                | Self::TargetsLost { .. }
        )
    }

    /// Returns that there is nothing to answer with where targets would have to be; empty when that
    /// is not known.
    pub fn no_targets(looked_at: &'static str) -> Self {
        Self::NoTargets { looked_at }
    }

    /// Returns that `verb` was done.
    pub fn done(verb: Verb) -> Self {
        match verb {
            Verb::Create => Self::Created,
            Verb::Update | Verb::Replace | Verb::Own => Self::Updated { verb },
            Verb::Delete => Self::Deleted,
        }
    }

    /// Returns what was done in this sync; `None` when nothing was.
    pub fn verb_done(&self) -> Option<Verb> {
        if let Self::Updated { verb } = self {
            return Some(*verb);
        }
        let done = [(Self::Created, Verb::Create), (Self::Deleted, Verb::Delete)];
        done.into_iter().find(|(reason, _)| reason == self).map(|(_, verb)| verb)
    }

    /// Tells whether the records are as desired, or would be without a dry run of the controller.
    pub fn is_well(&self) -> bool {
        self.verb_done().is_some()
            || matches!(self, Self::UpToDate | Self::DryRun { of_provider: false, .. })
    }

    /// Returns the reason as the object with this `resource` label may be told it by those who write
    /// into its namespace: without the name of an object of another one.
    #[must_use]
    pub fn without_others(&self, object: Option<&ObjectRef>) -> Self {
        let mut told = self.clone();
        if let Self::Conflict { winner } = &mut told {
            let own = object.and_then(ObjectRef::namespace);
            if ObjectRef::from(winner.as_str()).namespace() != own {
                ANOTHER_OBJECT.clone_into(winner);
            }
        }
        if let Self::TargetsLost { cause, .. } | Self::WaitsForZone { cause, .. } = &mut told {
            **cause = cause.without_others(object);
        }
        told
    }
}

/// Writes a reason with its sentence and its hint, for readers who do not have our tables.
pub(crate) fn told<S: serde::Serializer>(
    reason: &Reason,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told<'a> {
        #[serde(flatten)]
        reason: &'a Reason,
        message: String,
        #[serde(skip_serializing_if = "str::is_empty")]
        hint: &'a str,
    }
    Told { reason, message: reason.to_string(), hint: reason.hint() }.serialize(serializer)
}
