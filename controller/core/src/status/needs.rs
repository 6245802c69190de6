//! Which reasons someone has to act on: what fails a strict preview.

use super::Reason;

impl Reason {
    /// Tells whether it counts what there is under all names: a sync of a few names knows a part of that
    /// only, and has nothing to say of it.
    pub fn counts_all_names(&self) -> bool {
        matches!(self, Self::UnlabelledRecordsHeld { .. })
    }

    /// Tells whether nothing changes until someone acts: on an object, a flag, a zone or a record.
    ///
    /// What is well, what was meant (a filter, a policy, another controller) and what is waited for (a
    /// load balancer's address) needs nobody, and neither does an object that wants no name.
    pub fn needs_someone(&self) -> bool {
        match self {
            Self::NoTargets { .. }
            | Self::NoNames { .. }
            | Self::LeftOut { .. }
            | Self::OtherController { .. }
            | Self::UpToDate
            | Self::Created
            | Self::Updated { .. }
            | Self::Deleted
            | Self::DryRun { of_provider: false, .. }
            | Self::FilteredDomain { .. }
            | Self::PolicyForbids { .. }
            | Self::AwaitsFirstRead { .. }
            | Self::TargetsLost { .. } => false,
            Self::WaitsForZone { zone: _, cause } => cause.needs_someone(),
            Self::AnnotationConflict { .. }
            | Self::DryRun { of_provider: true, .. }
            | Self::InvalidAnnotation { .. }
            | Self::IgnoredAnnotation { .. }
            | Self::InvalidName { .. }
            | Self::InvalidTarget { .. }
            | Self::ParentNotAccepted { .. }
            | Self::NotServed { .. }
            | Self::TooManyNames { .. }
            | Self::TooManyTargets { .. }
            | Self::TooManyBytes { .. }
            | Self::UnownedCopy { .. }
            | Self::CutsOffOthers { .. }
            | Self::NotDelegated { .. }
            | Self::MissingObject { .. }
            | Self::ReferenceNotRead { .. }
            | Self::Unreadable { .. }
            | Self::UnlabelledRecordsHeld { .. }
            | Self::TemplateFailed { .. }
            | Self::SourceUnavailable { .. }
            | Self::NamespaceNotAllowed { .. }
            | Self::UnmanagedType { .. }
            | Self::NoZone
            | Self::ForeignOwner { .. }
            | Self::CannotCoexist { .. }
            | Self::AmbiguousOwnershipRecord { .. }
            | Self::UnreadableOwnershipRecord { .. }
            | Self::Conflict { .. }
            | Self::RoutingPolicyConflict { .. }
            | Self::DeletionHeld { .. }
            | Self::ProviderRejected { .. }
            | Self::SyncFailed { .. }
            | Self::AdjustDropped
            | Self::OwnershipRecordImpossible
            | Self::OwnershipRecordInTheWay
            | Self::UnownedChange { .. }
            | Self::OwnerIdShared { .. } => true,
        }
    }
}
