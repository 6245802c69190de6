//! What a `DNSEndpoint`'s status says after a sync.
//!
//! `Accepted` is about the object: every record set in it makes sense. `Programmed` is about the
//! world: the provider has confirmed every record set at this generation, so that
//! `kubectl wait --for=condition=Programmed` returns when the names answer.

use crate::objects::dns_endpoint::{
    DnsEndpoint, DnsEndpointStatus, EndpointStatus, StatusCondition,
};

/// Longest message of a condition, in characters ([API conventions]).
///
/// [API conventions]: https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Condition
const MAX_MESSAGE: usize = 32_768;

/// How many record sets a condition tells of one by one; each has a line of its own below.
const MOST_LINES: usize = 10;

/// How far one record set has come; without a name it is about the whole object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordProgress {
    /// Name of the record set.
    pub dns_name: String,
    /// Type of the record set.
    pub record_type: String,
    /// Set identifier; empty without a routing policy.
    pub set_identifier: String,
    /// How far it has come.
    pub progress: Progress,
}

/// How far a record set has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The provider has confirmed it.
    Programmed,
    /// It is accepted, and on its way or held back.
    Pending {
        /// Code of the reason.
        reason: String,
        /// A sentence.
        message: String,
    },
    /// It makes no sense as it is, or none to the provider.
    Refused {
        /// Code of the reason.
        reason: String,
        /// A sentence.
        message: String,
    },
}

/// Returns the status of `object`; `None` when it would say the same as the one `before`.
///
/// `now` is RFC 3339, and used only where a condition changes its status.
pub fn status(
    object: &DnsEndpoint,
    before: &DnsEndpointStatus,
    records: &[RecordProgress],
    now: &str,
) -> Option<DnsEndpointStatus> {
    let generation = object.meta.generation;
    let refused =
        records.iter().filter(|record| matches!(record.progress, Progress::Refused { .. }));
    let open = records.iter().filter(|record| record.progress != Progress::Programmed);
    let accepted = summary(refused, records.len(), ("Accepted", "every record set is accepted"));
    let programmed =
        summary(open, records.len(), ("Programmed", "the provider confirmed every record set"));
    let mut conditions = before.conditions.clone();
    for (condition_type, (status, reason, message)) in
        [("Accepted", accepted), ("Programmed", programmed)]
    {
        let last = conditions.iter().find(|condition| condition.condition_type == condition_type);
        let since = last.filter(|condition| condition.status == status);
        let since =
            since.map_or(now, |condition| condition.last_transition_time.as_str()).to_owned();
        let condition = StatusCondition {
            condition_type: condition_type.to_owned(),
            status: status.to_owned(),
            observed_generation: generation,
            last_transition_time: since,
            reason,
            message,
        };
        match conditions.iter_mut().find(|condition| condition.condition_type == condition_type) {
            Some(last) => *last = condition,
            None => conditions.push(condition),
        }
    }
    let named = records.iter().filter(|record| !record.dns_name.is_empty());
    let endpoints: Vec<_> = named.map(endpoint).collect();
    let status = DnsEndpointStatus { observed_generation: generation, conditions, endpoints };
    (status != *before).then_some(status)
}

/// Returns status, reason and message of a condition that is true unless something is in `against`.
fn summary<'a>(
    against: impl Iterator<Item = &'a RecordProgress>,
    total: usize,
    if_true: (&str, &str),
) -> (&'static str, String, String) {
    let against: Vec<_> = against.collect();
    let Some(first) = against.first() else {
        return ("True", if_true.0.to_owned(), if_true.1.to_owned());
    };
    let (reason, _) = told(&first.progress);
    if first.dns_name.is_empty() {
        let (_, message) = told(&first.progress);
        return ("False", reason.to_owned(), message.chars().take(MAX_MESSAGE).collect());
    }
    let lines = against.iter().take(MOST_LINES).map(|record_progress| {
        let (_, message) = told(&record_progress.progress);
        format!("{} {}: {message}", record_progress.dns_name, record_progress.record_type)
    });
    let mut text =
        format!("{} of {total}: {}", against.len(), lines.collect::<Vec<_>>().join("; "));
    if against.len() > MOST_LINES {
        text = format!("{text} … and {} more", against.len() - MOST_LINES);
    }
    ("False", reason.to_owned(), text.chars().take(MAX_MESSAGE).collect())
}

fn told(progress: &Progress) -> (&str, &str) {
    match progress {
        Progress::Programmed => ("Programmed", "the provider confirmed it"),
        Progress::Pending { reason, message } | Progress::Refused { reason, message } => {
            (reason, message)
        }
    }
}

fn endpoint(record: &RecordProgress) -> EndpointStatus {
    let RecordProgress { dns_name, record_type, set_identifier, progress } = record;
    let state = match progress {
        Progress::Programmed => "Programmed",
        Progress::Pending { .. } => "Pending",
        Progress::Refused { .. } => "Refused",
    };
    let (reason, message) = told(progress);
    EndpointStatus {
        dns_name: dns_name.clone(),
        record_type: record_type.clone(),
        set_identifier: set_identifier.clone(),
        state: state.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(progress: Progress) -> RecordProgress {
        RecordProgress {
            dns_name: "www.example.com".into(),
            record_type: "A".into(),
            set_identifier: String::new(),
            progress,
        }
    }

    fn written(object: &DnsEndpoint, records: &[RecordProgress], now: &str) -> DnsEndpoint {
        let status = status(object, &object.status, records, now).expect("something to write");
        DnsEndpoint { status, ..object.clone() }
    }

    fn condition<'a>(object: &'a DnsEndpoint, name: &str) -> &'a StatusCondition {
        object.status.conditions.iter().find(|condition| condition.condition_type == name).unwrap()
    }

    #[test]
    fn programmed_means_that_the_provider_confirmed_everything() {
        let mut object = DnsEndpoint::default();
        object.meta.generation = 1;
        let pending = Progress::Pending { reason: "DeletionHeld".into(), message: "held".into() };
        let first = written(&object, &[record(pending), record(Progress::Programmed)], "t1");
        assert_eq!(condition(&first, "Accepted").status, "True");
        assert_eq!(condition(&first, "Programmed").status, "False");
        assert_eq!(condition(&first, "Programmed").reason, "DeletionHeld");
        assert_eq!(first.status.observed_generation, 1);
        let second = written(&first, &[record(Progress::Programmed)], "t2");
        assert_eq!(condition(&second, "Programmed").status, "True");
        assert_eq!(condition(&second, "Programmed").last_transition_time, "t2");
        assert_eq!(condition(&second, "Accepted").last_transition_time, "t1");
    }

    #[test]
    fn a_condition_tells_of_a_few_record_sets_and_counts_the_rest() {
        let pending = Progress::Pending { reason: "NoZone".into(), message: "no zone".into() };
        let records = vec![record(pending); 900];
        let told = written(&DnsEndpoint::default(), &records, "t1");
        let message = &condition(&told, "Programmed").message;
        assert!(message.starts_with("900 of 900: www.example.com A: no zone; "), "{message}");
        assert!(message.ends_with(" … and 890 more"), "{message}");
        assert_eq!(told.status.endpoints.len(), 900);
    }

    #[test]
    fn a_status_that_says_the_same_is_not_written_again() {
        let object = written(&DnsEndpoint::default(), &[record(Progress::Programmed)], "t1");
        let again = status(&object, &object.status, &[record(Progress::Programmed)], "t2");
        assert_eq!(again, None);
    }
}
