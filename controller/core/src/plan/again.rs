//! Tells objects that ask for what another one asks for already what became of it.

use std::collections::BTreeMap;

use crate::desired::Repeated;
use crate::status::RecordStatus;

/// Returns what `statuses` on the first objects' record sets say to those that ask again.
pub(super) fn statuses(repeated: &[Repeated], statuses: &[RecordStatus]) -> Vec<RecordStatus> {
    if repeated.is_empty() {
        return Vec::new();
    }
    let mut told: BTreeMap<_, Vec<&RecordStatus>> = BTreeMap::new();
    for status in statuses.iter().filter(|status| status.record_type.is_some()) {
        if let Some(object) = status.object.as_deref() {
            told.entry((object, status.name.normalized())).or_default().push(status);
        }
    }
    let mut again = Vec::new();
    for Repeated { endpoint, first } in repeated {
        let about = told.get(&(first.as_str(), endpoint.dns_name.normalized()));
        let about = about.map(Vec::as_slice).unwrap_or_default();
        let is_same =
            |status: &&RecordStatus| status.record_type.as_ref() == Some(&endpoint.record_type);
        // A provider may have made another type of it, such as an alias of a CNAME.
        let is_changed = !about.iter().any(is_same);
        let object = endpoint.labels.resource().map(str::to_owned);
        again.extend(
            about.iter().filter(|status| is_changed || is_same(status)).map(|status| {
                RecordStatus { object: object.clone(), ..RecordStatus::clone(status) }
            }),
        );
    }
    again
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{Endpoint, RecordType};

    use super::*;
    use crate::status::Reason;

    fn status(object: &str, record_type: RecordType, reason: Reason) -> RecordStatus {
        RecordStatus {
            name: "www.example.com".into(),
            record_type: Some(record_type),
            object: Some(object.to_owned()),
            zone: None,
            reason,
        }
    }

    fn repeated(record_type: RecordType) -> Repeated {
        let mut endpoint = Endpoint::new("WWW.example.com", record_type, ["192.0.2.1"]);
        endpoint.labels.set("resource", "crd/default/second");
        Repeated { endpoint, first: "service/default/first".to_owned() }
    }

    #[test]
    fn who_asks_again_is_told_what_became_of_the_same_record_set() {
        let published = Reason::Created;
        let said = [
            status("service/default/first", RecordType::A, published.clone()),
            status("service/default/first", RecordType::Aaaa, Reason::UpToDate),
            status("service/default/other", RecordType::A, Reason::UpToDate),
        ];
        let told = statuses(&[repeated(RecordType::A)], &said);
        assert_eq!(told, [status("crd/default/second", RecordType::A, published)]);
    }

    #[test]
    fn a_type_that_the_provider_changed_is_still_the_same_record_set() {
        let said = [status("service/default/first", RecordType::A, Reason::UpToDate)];
        let told = statuses(&[repeated(RecordType::Cname)], &said);
        assert_eq!(told, [status("crd/default/second", RecordType::A, Reason::UpToDate)]);
    }
}
