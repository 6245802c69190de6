//! The stable names of reasons, which programs go by.

use super::Reason;

impl Reason {
    /// Returns the stable name of the reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AnnotationConflict { .. } => "AnnotationConflict",
            Self::InvalidAnnotation { .. } => "InvalidAnnotation",
            Self::IgnoredAnnotation { .. } => "IgnoredAnnotation",
            Self::InvalidName { .. } => "InvalidName",
            Self::InvalidTarget { .. } => "InvalidTarget",
            Self::NoTargets { .. } => "NoTargets",
            Self::ParentNotAccepted { .. } => "ParentNotAccepted",
            Self::NotServed { .. } => "NotServed",
            Self::NoNames { .. } => "NoNames",
            Self::MissingObject { .. } => "MissingObject",
            Self::ReferenceNotRead { .. } => "ReferenceNotRead",
            Self::TooManyNames { .. } => "TooManyNames",
            Self::TooManyTargets { .. } => "TooManyTargets",
            Self::TooManyBytes { .. } => "TooManyBytes",
            Self::LeftOut { .. } => "LeftOut",
            Self::OtherController { .. } => "OtherController",
            Self::Unreadable { .. } => "Unreadable",
            Self::UnlabelledRecordsHeld { .. } => "UnlabelledRecordsHeld",
            Self::TemplateFailed { .. } => "TemplateFailed",
            Self::SourceUnavailable { .. } => "SourceUnavailable",
            Self::UpToDate => "UpToDate",
            Self::Created => "Created",
            Self::Updated { .. } => "Updated",
            Self::Deleted => "Deleted",
            Self::DryRun { .. } => "DryRun",
            Self::SyncFailed { .. } => "SyncFailed",
            Self::FilteredDomain { .. } => "FilteredDomain",
            Self::NamespaceNotAllowed { .. } => "NamespaceNotAllowed",
            Self::UnmanagedType { .. } => "UnmanagedType",
            Self::NoZone => "NoZone",
            Self::ForeignOwner { .. } => "ForeignOwner",
            Self::CannotCoexist { .. } => "CannotCoexist",
            Self::AmbiguousOwnershipRecord { .. } => "AmbiguousOwnershipRecord",
            Self::UnreadableOwnershipRecord { .. } => "UnreadableOwnershipRecord",
            Self::Conflict { .. } => "Conflict",
            Self::RoutingPolicyConflict { .. } => "RoutingPolicyConflict",
            Self::PolicyForbids { .. } => "PolicyForbids",
            Self::DeletionHeld { .. } => "DeletionHeld",
            Self::TargetsLost { .. } => "TargetsLost",
            Self::ProviderRejected { .. } => "ProviderRejected",
            Self::UnownedCopy { .. } => "UnownedCopy",
            Self::NotDelegated { .. } => "NotDelegated",
            Self::WaitsForZone { .. } => "WaitsForZone",
            Self::AdjustDropped => "AdjustDropped",
            Self::OwnershipRecordImpossible => "OwnershipRecordImpossible",
            Self::OwnershipRecordInTheWay => "OwnershipRecordInTheWay",
            Self::UnownedChange { .. } => "UnownedChange",
            Self::OwnerIdShared { .. } => "OwnerIdShared",
        }
    }
}
