//! Validating what an object says, with the place where it says it.

use controller_core::desired::{KindRef, Unknown};
use controller_core::name_right::Barred;
use controller_core::name_sharing::unites;
use controller_core::status::{Place, Reason, RecordStatus};
use controller_core::value::{Flaw, HostName, NO_VALUE, Target};
use external_dns_webhook::DnsName;

use super::EndpointBuilder;
use crate::annotations::{HostnameSource, key};
use crate::bounds::distinct;

impl EndpointBuilder<'_> {
    /// Returns the names in the hostname annotation; none when it is to be ignored.
    pub(crate) fn hostnames(&mut self) -> Vec<String> {
        if self.context.options.ignore_hostname_annotation {
            return Vec::new();
        }
        self.listed(key::HOSTNAME)
    }

    /// Returns the names in the annotation `key` that are names; see [`validated`](Self::validated).
    pub(crate) fn listed(&mut self, key: &str) -> Vec<String> {
        let place = Place::Annotation(self.annotations.whole(key).to_owned());
        let mut names = self.annotations.names(key).unwrap_or_default();
        // An empty item is shown as the list that it is in.
        let list = self.annotations.get(key).unwrap_or_default();
        if let Some(Err(flaw)) =
            names.iter().find(|name| name.is_empty()).map(|name| HostName::validate(name))
        {
            self.refuse_name(place.clone(), list, flaw);
        }
        names.retain(|name| !name.is_empty());
        self.validated_at(&place, names)
    }

    /// Returns those of `names` that are names; one that is not makes the object unknown.
    pub(crate) fn validated(&mut self, names: Vec<String>) -> Vec<String> {
        self.validated_at(&Place::Object, names)
    }

    /// Returns those of `names`, which stand at `place`, that are names.
    ///
    /// Where one is not, it is not known which was meant, so all that the object published stays.
    pub(super) fn validated_at(&mut self, place: &Place, names: Vec<String>) -> Vec<String> {
        // Counted before anything is done with one of them.
        let mut names = distinct(names);
        for name in &names {
            self.bounds.admit(name, 0);
        }
        if self.is_too_much() {
            return Vec::new();
        }
        names.retain(|name| match HostName::validate(name) {
            Ok(_) => true,
            Err(flaw) => {
                self.refuse_name(place.clone(), name, flaw);
                false
            }
        });
        names
    }

    /// Returns `name` when it is one; see [`validated_at`](Self::validated_at).
    pub(super) fn validate(&mut self, name: &str) -> Option<DnsName> {
        if !self.bounds.admit(name, 0) {
            return None;
        }
        match HostName::validate(name) {
            Ok(name) => self.admit(name.into_name()),
            Err(flaw) => {
                let place = self.made_by(name).unwrap_or_default();
                self.refuse_name(place, name, flaw);
                None
            }
        }
    }

    /// Returns `name` when the namespace of the object may have it.
    ///
    /// One that it may not have is not desired, as if it were not written there: nothing stays for
    /// its sake. Where that is not known, all that the object published stays.
    fn admit(&mut self, name: DnsName) -> Option<DnsName> {
        let barred = match self.right.as_ref().map(|right| right.check(&name)) {
            None | Some(Ok(())) => return Some(name),
            Some(Err(barred)) => barred,
        };
        match barred {
            Barred::NotAllowed(reason) => {
                if self.barred.insert(name.canonical().clone()) {
                    self.refuse(name.as_str(), reason);
                }
            }
            Barred::Unknown => {
                let reason = self.right_unknown.clone();
                self.mark_object_unknown(
                    name.as_str(),
                    reason.unwrap_or_else(|| Reason::SourceUnavailable {
                        what: "list namespaces".to_owned(),
                        error: "their labels are not known".to_owned(),
                    }),
                );
            }
        }
        None
    }

    fn refuse_name(&mut self, place: Place, name: &str, flaw: Flaw) {
        let reason = Reason::InvalidName { name: name.to_owned(), place, why: flaw.into() };
        self.mark_object_unknown(name, reason);
    }

    /// Says that it is not known what is meant by `name`: all that the object published stays.
    fn mark_object_unknown(&mut self, name: &str, reason: Reason) {
        let resource = self.resource.clone();
        self.statuses.push(RecordStatus::on_name(name, resource.clone(), reason.clone()));
        if std::mem::replace(&mut self.has_flawed_name, true) {
            return;
        }
        // Pods come and go with one name: what they published says of none of them that it is theirs.
        let what = if unites(&resource) {
            Unknown::Kind(KindRef::new(resource.kind(), resource.namespace()))
        } else {
            Unknown::Resource(resource)
        };
        self.gaps.push((what, reason));
    }

    /// Returns the names that count: `defined` by the object, and those in the annotation.
    ///
    /// `keys` are annotations that choose between the two, besides `hostname-source`.
    pub(crate) fn names(&mut self, defined: Vec<String>, keys: &[&str]) -> Vec<String> {
        let keys: Vec<_> = keys.iter().copied().chain(key::HOSTNAME_SOURCES).collect();
        match self.hostname_source(&keys) {
            HostnameSource::Both => {
                let mut names = self.validated(defined);
                names.extend(self.hostnames());
                names
            }
            HostnameSource::AnnotationOnly => self.hostnames(),
            HostnameSource::DefinedHostsOnly => {
                self.tell_ignored(key::HOSTNAME, "only hosts that the object defines count");
                self.validated(defined)
            }
        }
    }

    /// Returns which names count; `keys` are the annotations that may say so, the first one wins.
    ///
    /// A value that means nothing is told, and is as if it were not there.
    pub(crate) fn hostname_source(&mut self, keys: &[&str]) -> HostnameSource {
        self.annotations.hostname_source(keys).unwrap_or_else(|reason| {
            self.tell(reason);
            HostnameSource::Both
        })
    }

    /// Returns why the first of `targets` that cannot be answered cannot be.
    pub(crate) fn first_flawed(&self, targets: &[String]) -> Option<Reason> {
        let mut flawed =
            targets.iter().filter_map(|target| Some((target, Target::validate(target).err()?)));
        flawed.next().map(|(target, flaw)| self.invalid_target(target, flaw))
    }

    /// Returns the reason that `target` cannot be answered.
    pub(super) fn invalid_target(&self, target: &str, flaw: Flaw) -> Reason {
        let template = self.made_by(target);
        // A field that is not there says nothing: what the template needs is missing.
        if template.is_some() && target.contains(NO_VALUE) {
            return Reason::no_targets("what the template reads");
        }
        let annotation = self.annotations.listing(key::TARGET, target);
        // An empty item is shown as the list that it is in.
        let list = self.annotations.get(key::TARGET).filter(|_| target.is_empty());
        let target = list.unwrap_or(target).to_owned();
        let annotation = annotation.map(|whole| Place::Annotation(whole.to_owned()));
        let place = annotation.or(template).unwrap_or_default();
        Reason::InvalidTarget { target, place, why: flaw.into() }
    }
}
