//! Takes the provider's word on what is desired, and nothing less than it.
//!
//! A provider rewrites desired record sets into the form it will report them in. A name that is
//! missing from its answer was not withdrawn by anyone, so it becomes unknown, and what is published
//! for it stays: an answer of `200 []` deletes nothing.

use std::collections::{BTreeMap, BTreeSet};

use webhook_api::{Adjusted, DnsName, Endpoint, Labels};

use crate::desired::{Desired, Unknown};
use crate::verdict::{Reason, Verdict};

impl Desired {
    /// Returns what is desired in the form that the provider answered with.
    ///
    /// Record sets keep the labels they were sent with, because a provider may forget them. What
    /// the provider refuses or drops becomes unknown, with the reason it gave.
    #[must_use]
    pub fn adjusted(mut self, answer: Adjusted) -> Self {
        let asked = std::mem::take(&mut self.endpoints);
        let Adjusted { endpoints, refused } = answer;
        let mut gone: BTreeSet<_> = asked.iter().map(identity).collect();
        let mut refused_keys = BTreeSet::new();
        for refusal in refused {
            let mut key = Endpoint::new(refusal.dns_name.clone(), refusal.record_type, [""; 0]);
            key.set_identifier = refusal.set_identifier;
            let reason =
                Reason::ProviderRejected { rejection: refusal.code, message: refusal.message };
            for endpoint in asked.iter().filter(|it| it.key() == key.key()) {
                self.verdicts.push(Verdict {
                    name: endpoint.dns_name.clone(),
                    record_type: Some(endpoint.record_type.clone()),
                    object: endpoint.labels.resource().map(str::to_owned),
                    reason: reason.clone(),
                });
            }
            gone.remove(&identity(&key));
            refused_keys.insert(key.key());
            self.unknown(Unknown::Name(refusal.dns_name), reason);
        }
        let labels = Sent::new(&asked);
        for mut endpoint in endpoints {
            gone.remove(&identity(&endpoint));
            // Some providers repeat what they hold in place of what they refuse.
            if refused_keys.contains(&endpoint.key()) {
                continue;
            }
            for (key, value) in labels.of(&endpoint).into_iter().flat_map(Labels::iter) {
                endpoint.labels.set(key, value);
            }
            self.endpoints.push(endpoint);
        }
        for (name, _) in gone {
            self.unknown(Unknown::Name(DnsName::from(name)), Reason::AdjustDropped);
        }
        self
    }
}

/// A provider may change the type of a record set, but neither its name nor its set identifier.
fn identity(endpoint: &Endpoint) -> (String, String) {
    (endpoint.dns_name.normalized().into_owned(), endpoint.set_identifier.clone())
}

/// The labels that record sets were sent with.
struct Sent<'a>(BTreeMap<(String, String), Vec<&'a Endpoint>>);

impl<'a> Sent<'a> {
    fn new(asked: &'a [Endpoint]) -> Self {
        let mut sent: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for endpoint in asked {
            sent.entry(identity(endpoint)).or_default().push(endpoint);
        }
        Self(sent)
    }

    /// Returns the labels sent with what `answered` was made from.
    fn of(&self, answered: &Endpoint) -> Option<&'a Labels> {
        let sent = self.0.get(&identity(answered))?;
        // Where several objects asked, the answer's own label says which of them this is about.
        let same_object = |it: &&&Endpoint| {
            answered.labels.resource().is_none()
                || it.labels.resource() == answered.labels.resource()
        };
        let same_type = |it: &&&Endpoint| it.record_type == answered.record_type;
        let same_targets = |it: &&&Endpoint| it.targets == answered.targets;
        let of_object: Vec<_> = sent.iter().filter(same_object).collect();
        let exact = of_object.iter().find(|it| same_type(it) && same_targets(it));
        let typed = || of_object.iter().find(|it| same_type(it));
        exact.or_else(typed).or_else(|| of_object.first()).map(|it| &it.labels)
    }
}

#[cfg(test)]
mod tests {
    use webhook_api::{RecordType, Refusal};

    use super::*;

    fn asked() -> Desired {
        let mut www = Endpoint::new("www.example.com", RecordType::Cname, ["lb.example.net"]);
        www.labels.set("resource", "ingress/default/www");
        let mut api = Endpoint::new("api.example.com", RecordType::A, ["192.0.2.1"]);
        api.labels.set("resource", "service/default/api");
        Desired { endpoints: vec![www, api], ..Desired::default() }
    }

    #[test]
    fn an_empty_answer_makes_every_name_unknown() {
        let desired = asked().adjusted(Adjusted::default());
        assert!(desired.endpoints.is_empty());
        let gaps: Vec<_> = desired.unknown.iter().map(|it| (&it.what, it.reason.code())).collect();
        let name = |it: &str| Unknown::Name(it.into());
        assert_eq!(
            gaps,
            [
                (&name("api.example.com"), "AdjustDropped"),
                (&name("www.example.com"), "AdjustDropped")
            ]
        );
    }

    #[test]
    fn a_record_set_that_changed_its_type_keeps_its_labels() {
        let alias = |kind| Endpoint::new("WWW.example.com.", kind, ["lb.example.net"]);
        let mut endpoints = vec![alias(RecordType::A), alias(RecordType::Aaaa)];
        endpoints.push(asked().endpoints.remove(1));
        let desired = asked().adjusted(Adjusted { endpoints, refused: vec![] });
        let of = |it: &Endpoint| it.labels.resource().map(str::to_owned);
        let resources: Vec<_> = desired.endpoints.iter().filter_map(of).collect();
        assert_eq!(
            resources,
            ["ingress/default/www", "ingress/default/www", "service/default/api"]
        );
        assert!(desired.unknown.is_empty());
    }

    #[test]
    fn what_the_provider_refuses_is_unknown_for_the_reason_it_gave() {
        let mut answered = asked().endpoints;
        let refused = vec![Refusal::of(&answered[1], "InvalidProperty", "weight is no number")];
        answered[1].targets = ["192.0.2.9"].into();
        let desired = asked().adjusted(Adjusted { endpoints: answered, refused });
        assert_eq!(desired.endpoints.len(), 1, "what stands in for it is not desired");
        assert_eq!(desired.unknown.len(), 1);
        assert_eq!(desired.verdicts.len(), 1);
        assert_eq!(desired.verdicts[0].object.as_deref(), Some("service/default/api"));
        assert_eq!(desired.verdicts[0].reason.code(), "ProviderRejected");
    }
}
