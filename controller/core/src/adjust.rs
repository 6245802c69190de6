//! Takes the provider's word on what is desired, and nothing less than it.
//!
//! A provider rewrites desired record sets into the form it will report them in. What is missing
//! from its answer was not withdrawn by anyone, so it becomes unknown, and what is published for it
//! stays: an answer of `200 []` deletes nothing.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{
    Adjusted, CanonicalName, Endpoint, ObjectRef, RecordType, Refusal, Targets, ZoneId,
};

use crate::alike::{self, Group};
use crate::desired::{Desired, Gap, Unknown, family};
use crate::status::{Reason, RecordStatus};
use crate::zone::ZoneInfo;

impl Desired {
    /// Returns what is desired in the form that the provider answered with; it was asked for
    /// [`Desired::distinct`].
    ///
    /// A provider that tells record sets apart by their zone answers with one for each zone that shall
    /// hold it. What it refuses in one zone is unknown there; of the others it says nothing. What it
    /// refuses to one object says nothing of another that wants other values of the record set, and
    /// what it says to one counts for all that want alike.
    ///
    /// Record sets keep the labels they were sent with, because a provider may forget them. What
    /// the provider refuses or drops becomes unknown, with the reason it gave.
    #[must_use]
    pub fn adjusted(mut self, answer: Adjusted) -> Self {
        let all = std::mem::take(&mut self.endpoints);
        let wanted = alike::groups(&all);
        let Adjusted { endpoints, refused } = answer;
        let mut by_key: BTreeMap<_, Vec<&Group<'_>>> = BTreeMap::new();
        for group in &wanted {
            by_key.entry(group.speaker.key()).or_default().push(group);
        }
        let sent = Sent::new(&wanted);
        let replies = Replies::new(&endpoints, &sent);
        let mut answered = BTreeSet::new();
        let mut refused_keys: BTreeMap<_, BTreeSet<Whose>> = BTreeMap::new();
        for refusal in refused {
            let mut key =
                Endpoint::new(refusal.dns_name.clone(), refusal.record_type.clone(), [""; 0]);
            key.set_identifier.clone_from(&refusal.set_identifier);
            let of_key = by_key.get(&key.key()).map(Vec::as_slice).unwrap_or_default();
            let about = replies.meant(&refusal, of_key);
            let rejected = |message: String| {
                let rejection = refusal.code.clone();
                Reason::ProviderRejected { rejection, message }
            };
            for endpoint in about.iter().flat_map(|group| &group.members) {
                let reason =
                    rejected(self.in_annotations(endpoint.labels.resource(), &refusal.message));
                self.statuses.push(RecordStatus {
                    name: endpoint.dns_name.clone(),
                    record_type: Some(endpoint.record_type.clone()),
                    object: endpoint.labels.resource().cloned(),
                    zone: refusal.zone.clone().map(ZoneInfo::unnamed),
                    reason: reason.clone(),
                });
                self.unknown.push(Gap {
                    what: unknown(endpoint),
                    reason,
                    zone: refusal.zone.clone(),
                    object: None,
                });
            }
            answered.insert(identity(&key));
            key.zone = refusal.zone;
            let whose = refused_keys.entry(key.key()).or_default();
            if about.is_empty() {
                // Known to the provider under another type: it may be any of the name.
                let reason = rejected(refusal.message.clone());
                self.unknown(Unknown::Name(refusal.dns_name), reason);
                whose.insert(Whose::Anyones);
            }
            let of = |group: &&Group<'_>| Whose::Objects(group.speaker.labels.resource().cloned());
            whose.extend(about.iter().map(of));
        }
        let is_refused = |endpoint: &Endpoint, group: Option<&Group<'_>>| {
            let everywhere = || Endpoint { zone: None, ..endpoint.clone() }.key();
            let object = group.and_then(|group| group.speaker.labels.resource());
            let object = Whose::Objects(object.cloned());
            let has = |key| {
                let whose = refused_keys.get(&key);
                whose
                    .is_some_and(|whose| whose.contains(&Whose::Anyones) || whose.contains(&object))
            };
            !refused_keys.is_empty() && (has(endpoint.key()) || has(everywhere()))
        };
        for endpoint in endpoints {
            answered.insert(identity(&endpoint));
            let group = sent.of(&endpoint);
            // Some providers repeat what they hold in place of what they refuse.
            if !is_refused(&endpoint, group) {
                self.endpoints.extend(for_each_member(endpoint, group));
            }
        }
        let gone = wanted.iter().filter(|group| !answered.contains(&identity(group.speaker)));
        let gone: BTreeSet<_> =
            gone.flat_map(|group| &group.members).copied().map(unknown).collect();
        for what in gone {
            self.unknown(what, Reason::AdjustDropped);
        }
        self
    }
}

/// Returns what the provider answered to all that want it alike, as each of them wants it.
fn for_each_member(mut answered: Endpoint, group: Option<&Group<'_>>) -> Vec<Endpoint> {
    let Some(Group { speaker, members }) = group else { return vec![answered] };
    let as_desired = |member: &&Endpoint| {
        // Who named no TTL is content with that of another, and with any other one as well.
        let is_content = member.ttl.is_none() && speaker.ttl.is_some();
        let ttl = answered.ttl.filter(|_| !is_content);
        Endpoint { labels: member.labels.clone(), ttl, ..answered.clone() }
    };
    let others = members.iter().filter(|member| !std::ptr::eq(**member, *speaker));
    let mut all: Vec<_> = others.map(as_desired).collect();
    for (key, value) in speaker.labels.iter() {
        answered.labels.set(key, value);
    }
    all.push(answered);
    all
}

/// Of whose wish a refusal is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    /// Of any source object: the provider refuses what no object wants.
    Anyones,
    /// Of the object with this `resource` label; of those without one when there is none.
    Objects(Option<ObjectRef>),
}

/// Which of the record sets that were sent came back, and in which zones.
struct Replies(BTreeMap<Wish, BTreeSet<Option<ZoneId>>>);

/// One object's wish for a record set.
type Wish = (Identity, Option<ObjectRef>);

/// Name, set identifier, and the type that stands for all that it can be answered as.
type Identity = (CanonicalName, String, RecordType);

impl Replies {
    fn new(answered: &[Endpoint], sent: &Sent<'_>) -> Self {
        let mut replies = Self(BTreeMap::new());
        for endpoint in answered {
            let group = sent.of(endpoint);
            let object = group.and_then(|group| group.speaker.labels.resource()).cloned();
            replies
                .0
                .entry((identity(endpoint), object))
                .or_default()
                .insert(endpoint.zone.clone());
        }
        replies
    }

    /// Returns those of `wanted`, all of which want what was refused, whom it was refused.
    ///
    /// Where the provider does not say it, they are those that did not come back: in no zone, or in
    /// the one that it is about. If all did, it may be any of them.
    fn meant<'a>(&self, refusal: &Refusal, wanted: &[&'a Group<'a>]) -> Vec<&'a Group<'a>> {
        if wanted.len() < 2 {
            return wanted.to_vec();
        }
        let those = |is_it: &dyn Fn(&Endpoint) -> bool| -> Vec<&'a Group<'a>> {
            wanted.iter().copied().filter(|group| is_it(group.speaker)).collect()
        };
        let zones = |endpoint: &Endpoint| {
            self.0.get(&(identity(endpoint), endpoint.labels.resource().cloned()))
        };
        let named = those(&|item| {
            let object = item.labels.resource();
            object.is_some() && object == refusal.resource.as_ref()
        });
        if !named.is_empty() {
            return named;
        }
        let nowhere = those(&|item| zones(item).is_none());
        if !nowhere.is_empty() {
            return nowhere;
        }
        let elsewhere = those(&|item| zones(item).is_none_or(|zone| !zone.contains(&refusal.zone)));
        if elsewhere.is_empty() { wanted.to_vec() } else { elsewhere }
    }
}

/// A provider may make an address of a CNAME, but change neither another type nor the name nor the
/// set identifier.
fn identity(endpoint: &Endpoint) -> Identity {
    let name = endpoint.dns_name.canonical().clone();
    (name, endpoint.set_identifier.clone(), family(&endpoint.record_type).clone())
}

/// Says that what is desired as `endpoint` cannot be had.
fn unknown(endpoint: &Endpoint) -> Unknown {
    Unknown::RecordSet {
        name: endpoint.dns_name.clone(),
        record_type: endpoint.record_type.clone(),
        set_identifier: endpoint.set_identifier.clone(),
        object: endpoint.labels.resource().cloned(),
    }
}

/// What was sent, by what it can be answered with.
struct Sent<'a> {
    /// By the object that it was sent for.
    of_object: BTreeMap<(Identity, Option<&'a ObjectRef>), Vec<&'a Group<'a>>>,
    /// By its targets, for answers that do not say whose they are.
    with_targets: BTreeMap<(Identity, &'a Targets), Vec<&'a Group<'a>>>,
    /// Whatever is left to go by.
    first: BTreeMap<Identity, Vec<&'a Group<'a>>>,
}

impl<'a> Sent<'a> {
    fn new(wanted: &'a [Group<'a>]) -> Self {
        let mut sent = Self {
            of_object: BTreeMap::new(),
            with_targets: BTreeMap::new(),
            first: BTreeMap::new(),
        };
        for group in wanted {
            let (identity, speaker) = (identity(group.speaker), group.speaker);
            let object = speaker.labels.resource();
            sent.of_object.entry((identity.clone(), object)).or_default().push(group);
            sent.with_targets.entry((identity.clone(), &speaker.targets)).or_default().push(group);
            let first = sent.first.entry(identity).or_default();
            if !first.iter().any(|other| other.speaker.record_type == speaker.record_type) {
                first.push(group);
            }
        }
        sent
    }

    /// Returns what `answered` was made from.
    fn of(&self, answered: &Endpoint) -> Option<&'a Group<'a>> {
        let identity = identity(answered);
        // Where several objects want it, the answer's own label says which of them this is about.
        let groups = if let Some(object) = answered.labels.resource() {
            self.of_object.get(&(identity, Some(object)))
        } else {
            let with_targets = self.with_targets.get(&(identity.clone(), &answered.targets));
            with_targets.or_else(|| self.first.get(&identity))
        };
        // An alias has the targets of the CNAME that it was made of.
        groups?.iter().copied().min_by_key(|group| {
            let Endpoint { targets, record_type, ttl, .. } = group.speaker;
            (
                *targets != answered.targets,
                *record_type != answered.record_type,
                *ttl != answered.ttl,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::DnsName;

    use super::*;
    use crate::name_sharing::NameSharing;

    fn wanted() -> Desired {
        let mut www = Endpoint::new("www.example.com", RecordType::Cname, ["lb.example.net"]);
        www.labels.set("resource", "ingress/default/www");
        let mut api = Endpoint::new("api.example.com", RecordType::A, ["192.0.2.1"]);
        api.labels.set("resource", "service/default/api");
        Desired { endpoints: vec![www, api], ..Desired::default() }
    }

    #[test]
    fn an_empty_answer_makes_everything_unknown() {
        let desired = wanted().adjusted(Adjusted::default());
        assert!(desired.endpoints.is_empty());
        let gaps: Vec<_> =
            desired.unknown.iter().map(|gap| (&gap.what, gap.reason.code())).collect();
        let [www, api] = [0, 1].map(|at| unknown(&wanted().endpoints[at]));
        assert_eq!(gaps, [(&api, "AdjustDropped"), (&www, "AdjustDropped")]);
    }

    #[test]
    fn a_type_that_is_dropped_beside_another_of_its_name_is_missed() {
        let mut both = wanted();
        let mut mail = Endpoint::new("api.example.com", RecordType::Mx, ["10 m.example.net"]);
        mail.labels.set("resource", "service/default/api");
        both.endpoints.push(mail.clone());
        let endpoints = wanted().endpoints;
        let desired = both.adjusted(Adjusted { endpoints, refused: vec![] });
        let gaps: Vec<_> = desired.unknown.iter().map(|gap| &gap.what).collect();
        assert_eq!(gaps, [&unknown(&mail)]);
    }

    #[test]
    fn a_refused_record_set_speaks_for_its_kind_and_its_object_only() {
        let pointer = Unknown::RecordSet {
            name: "w.example.com".into(),
            record_type: RecordType::Ptr,
            set_identifier: String::new(),
            object: Some("crd/default/new".into()),
        };
        let name = DnsName::from("W.example.com");
        let gap = |what| {
            let reason = Reason::AdjustDropped;
            Gap { what, reason, zone: None, object: None }
        };
        let pointer = gap(pointer);
        let covers = |record_type: RecordType, object: Option<&str>| {
            let object = object.map(ObjectRef::from);
            pointer.covers(NameSharing::default(), (&name, &record_type), object.as_ref())
        };
        assert!(!covers(RecordType::A, Some("service/default/old")), "of a type of its own");
        assert!(covers(RecordType::A, Some("CRD/default/new")), "it may be what it replaces");
        assert!(covers(RecordType::Ptr, Some("service/default/old")));
        assert!(covers(RecordType::A, None), "that may be anyone's");
        let alias = Unknown::RecordSet {
            name: "w.example.com".into(),
            record_type: RecordType::Cname,
            set_identifier: String::new(),
            object: Some("crd/default/new".into()),
        };
        let alias = gap(alias);
        let covers = |object: &str| {
            let (wanted, object) = ((&name, &RecordType::Aaaa), ObjectRef::from(object));
            alias.covers(NameSharing::default(), wanted, Some(&object))
        };
        assert!(covers("service/default/old"));
        assert!(!covers("service/other/old"), "of another namespace");
    }

    #[test]
    fn a_record_set_that_changed_its_type_keeps_its_labels() {
        let alias = |kind| Endpoint::new("WWW.example.com.", kind, ["lb.example.net"]);
        let mut endpoints = vec![alias(RecordType::A), alias(RecordType::Aaaa)];
        endpoints.push(wanted().endpoints.remove(1));
        let desired = wanted().adjusted(Adjusted { endpoints, refused: vec![] });
        let of = |endpoint: &Endpoint| endpoint.labels.resource().cloned();
        let resources: Vec<_> = desired.endpoints.iter().filter_map(of).collect();
        assert_eq!(
            resources,
            ["ingress/default/www", "ingress/default/www", "service/default/api"]
        );
        assert!(desired.unknown.is_empty());
    }

    #[test]
    fn what_the_provider_refuses_is_unknown_for_the_reason_it_gave() {
        let mut answered = wanted().endpoints;
        let refused = vec![Refusal::of(&answered[1], "InvalidProperty", "weight is no number")];
        answered[1].targets = ["192.0.2.9"].into();
        let desired = wanted().adjusted(Adjusted { endpoints: answered, refused });
        assert_eq!(desired.endpoints.len(), 1, "what stands in for it is not desired");
        assert_eq!(desired.unknown.len(), 1);
        assert_eq!(desired.statuses.len(), 1);
        assert_eq!(desired.statuses[0].object, Some("service/default/api".into()));
        assert_eq!(desired.statuses[0].reason.code(), "ProviderRejected");
    }

    fn of(mut endpoint: Endpoint, object: &str) -> Endpoint {
        endpoint.labels.set("resource", object);
        endpoint
    }

    #[test]
    fn what_is_refused_to_one_object_is_another_ones_all_the_same() {
        let www = |target: &str| Endpoint::new("www.example.com", RecordType::A, [target]);
        let holder = of(www("192.0.2.9"), "service/default/o");
        let bad = of(www("192.0.2.2"), "service/tenant/p");
        let said = Refusal::of(&bad, "InvalidProperty", "weight is no number");
        assert_eq!(said.resource, Some("service/tenant/p".into()));
        // A provider need not say whose it is, nor repeat labels.
        let silent = Refusal { resource: None, ..said.clone() };
        for refusal in [said, silent] {
            for answered in [holder.clone(), www("192.0.2.9")] {
                let endpoints = vec![bad.clone(), holder.clone()];
                let wanted = Desired { endpoints, ..Desired::default() };
                let answer = Adjusted { endpoints: vec![answered], refused: vec![refusal.clone()] };
                let desired = wanted.adjusted(answer);
                assert_eq!(desired.endpoints, std::slice::from_ref(&holder));
                let told: Vec<_> =
                    desired.statuses.iter().filter_map(|status| status.object.clone()).collect();
                assert_eq!(told, ["service/tenant/p"]);
                assert_eq!(desired.unknown.len(), 1);
            }
        }
    }

    #[test]
    fn a_refusal_of_one_zone_is_told_whom_it_was_to_go_there() {
        let www = |target: &str, object| {
            of(Endpoint::new("www.example.com", RecordType::A, [target]), object)
        };
        let wanted = [www("192.0.2.1", "service/a/public"), www("10.0.0.1", "service/a/private")];
        let mut refused = wanted[1].clone();
        refused.zone = Some("Z2".into());
        let mut answered = wanted[0].clone();
        answered.zone = Some("Z1".into());
        let said = Refusal::of(&refused, "ZoneUnavailable", "AccessDenied");
        for refusal in [Refusal { resource: None, ..said.clone() }, said] {
            let desired = Desired { endpoints: wanted.to_vec(), ..Desired::default() };
            let answer = Adjusted { endpoints: vec![answered.clone()], refused: vec![refusal] };
            let desired = desired.adjusted(answer);
            assert_eq!(desired.endpoints, std::slice::from_ref(&answered));
            let told: Vec<_> =
                desired.statuses.iter().filter_map(|status| status.object.clone()).collect();
            assert_eq!(told, ["service/a/private"]);
        }
    }
}
