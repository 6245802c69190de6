//! Why a sync did not get to its end, with the cause as the first word.

use controller_core::plan::Plan;
use daemon::chain;
use external_dns_webhook::ProviderError;
use external_dns_webhook::client::{ClientError, PartlyApplied};

/// A write that was not sent, because another replica may write: nothing of it was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotSent(pub String);

/// Which step of a sync failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The provider did not say what it serves.
    #[error(transparent)]
    Negotiate(ProviderError),
    /// The provider did not list its records.
    #[error(transparent)]
    List(ProviderError),
    /// The provider still reads its zones for the first time.
    #[error("{}", chain(cause))]
    FirstRead {
        /// How far it has come, as it says.
        progress: String,
        /// The provider's reason, which the text has in full.
        cause: ProviderError,
    },
    /// Names go before the list, which is asked for again after them: nothing failed.
    #[error("names that have changed go first; the list of everything is asked for again")]
    NamesFirst,
    /// The config changed before anything was written: the sync is made again by the new one.
    #[error("the configuration changed; the sync is made again by the new one")]
    Superseded,
    /// The provider says it holds nothing where it held something.
    #[error(
        "the provider says it holds no records, and it held {before} before; if that is so, the \
         next sync will believe it"
    )]
    Vanished {
        /// How many record sets it held.
        before: usize,
    },
    /// The provider did not adjust what is desired.
    #[error("{}; {count} desired record sets were not adjusted", chain(cause))]
    Adjust {
        /// How many record sets were sent.
        count: usize,
        /// The provider's reason, which the text has in full.
        cause: ProviderError,
    },
    /// Another replica may write, so what was to be written was not sent: nothing failed.
    #[error("{0}; nothing was sent")]
    NotSent(NotSent),
    /// The provider did not write, or does not say what it wrote.
    #[error("{}; {} not known to be written", chain(cause), changes_are(*count))]
    Apply {
        /// How many record sets were to be changed of which nobody answered, ownership records included.
        count: usize,
        /// What was to be done; what was answered is no step of it.
        plan: Box<Plan>,
        /// The provider's reason, which the text has in full.
        cause: ProviderError,
    },
}

impl SyncError {
    /// Returns the error of a write of `count` record sets of `plan`, which ended with `cause`.
    pub(super) fn of_write(count: usize, plan: &Plan, cause: ProviderError) -> Self {
        if let ProviderError::Unavailable { source, .. } = &cause
            && let Some(not_sent) = source.downcast_ref::<NotSent>()
        {
            return Self::NotSent(not_sent.clone());
        }
        let mut plan = Box::new(plan.clone());
        let mut open = count;
        if let Some(part) = PartlyApplied::of(&cause).filter(|part| !part.applied.dry_run) {
            let names = part.done.endpoints().map(|record| record.dns_name.canonical().clone());
            plan.settle(&names.collect(), &part.applied.refused);
            open = part.rest.len();
        }
        Self::Apply { count: open, plan, cause }
    }

    /// Returns the error of a list of a provider that says that it reads its zones for the first time, and
    /// when to ask again.
    pub(super) fn first_read(self) -> Self {
        let Self::List(cause) = self else { return self };
        let ProviderError::Unavailable { retry_after: Some(_), source } = &cause else {
            return Self::List(cause);
        };
        let progress = match source.downcast_ref() {
            Some(ClientError::Status { message, .. }) if !message.is_empty() => message.clone(),
            _ => chain(&cause),
        };
        Self::FirstRead { progress, cause }
    }

    /// Tells whether the sync certainly wrote nothing.
    pub fn wrote_nothing(&self) -> bool {
        match self {
            Self::Negotiate(_)
            | Self::List(_)
            | Self::FirstRead { .. }
            | Self::NamesFirst
            | Self::Superseded
            | Self::Vanished { .. }
            | Self::NotSent(_)
            | Self::Adjust { .. } => true,
            Self::Apply { .. } => false,
        }
    }

    /// Returns how long the provider asks to be left alone.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        let (Self::Negotiate(cause)
        | Self::List(cause)
        | Self::FirstRead { cause, .. }
        | Self::Adjust { cause, .. }
        | Self::Apply { cause, .. }) = self
        else {
            return None;
        };
        match cause {
            ProviderError::Unavailable { retry_after, .. } => *retry_after,
            ProviderError::Refused(_) => None,
        }
    }
}

/// Returns how many changes it is about, with their verb.
fn changes_are(count: usize) -> String {
    if count == 1 { "1 change is".to_owned() } else { format!("{count} changes are") }
}
