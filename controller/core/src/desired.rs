//! What the cluster wants, and what could not be learned about it.
//!
//! Absence is a statement: an endpoint that is not here is not wanted. So whatever could not be
//! read is named in [`Desired::unknown`], and the planner leaves it as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use external_dns_webhook::{
    CanonicalName, DnsName, Elsewhere, Endpoint, ObjectRef, RecordType, ZoneId,
};

use crate::alike;
use crate::name_right::{Barred, NameRight};
use crate::name_sharing::{ANYWHERE, NameSharing};
use crate::status::{Reason, RecordStatus};
use crate::value::can_cut;

/// Everything the sources want in one sync.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// Record sets that should exist; each says in its `resource` label which object wants it. Several
    /// objects may want one record set, alike or not: the plan settles who gets it.
    pub endpoints: Vec<Endpoint>,
    /// What an object says again that is in `endpoints` already; counted, and nothing else.
    pub said_again: Vec<Endpoint>,
    /// What could not be learned this time, and why.
    pub unknown: Vec<Gap>,
    /// Record sets as they would be if their objects had anything to answer with; each of their names
    /// is in `unknown`, too. They have neither type nor targets.
    pub without_targets: Vec<Endpoint>,
    /// Names for which default targets stand in while what the object itself answers with
    /// is in `unknown`; they never replace another answer.
    pub stand_ins: BTreeSet<CanonicalName>,
    /// Source objects, by `resource` label; they settle which of two wins a name.
    pub source_objects: BTreeMap<ObjectRef, SourceObject>,
    /// Which names the objects of a namespace may have, by namespace; one that is not here may have
    /// any.
    pub rights: BTreeMap<String, Arc<NameRight>>,
    /// Whether objects of several namespaces can stand under one name.
    pub sharing: NameSharing,
    /// What the sources refused or ignored while reading; shown, never acted on.
    pub statuses: Vec<RecordStatus>,
    /// Who wants the names that [`only`](Self::only) has dropped, where that decides over one that it kept.
    pub beyond: BTreeMap<CanonicalName, Vec<Option<ObjectRef>>>,
}

/// An object that wants record sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SourceObject {
    /// When the object was created, in seconds since 1970; `None` when it does not say.
    pub created: Option<i64>,
    /// Planned hand-over: the higher number wins a name, as far as
    /// `PriorityScope` goes; 0 unless annotated.
    pub priority: i32,
    /// The annotations from which properties of its record sets come; none where it spells them out.
    pub property_keys: Vec<Box<str>>,
}

impl SourceObject {
    /// Returns the annotation from which a property comes; `None` where it is spelled out.
    fn annotation(&self, property: &str) -> Option<&str> {
        let key = property.replacen('/', "-", 1);
        let is_it = |whole: &&str| *whole == property || whole.strip_suffix(&*key).is_some();
        self.property_keys.iter().map(AsRef::as_ref).find(is_it)
    }
}

/// Returns the priority of an object; 0 for one that nothing is known of.
pub(crate) fn priority(source_object: Option<&SourceObject>) -> i32 {
    source_object.map_or(0, |source_object| source_object.priority)
}

/// Returns when an object was created; one that does not say comes after those that do.
pub(crate) fn created(source_object: Option<&SourceObject>) -> i64 {
    source_object.and_then(|source_object| source_object.created).unwrap_or(i64::MAX)
}

/// Something that could not be learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What is not known.
    pub what: Unknown,
    /// Why.
    pub reason: Reason,
    /// The zone in which it is not known; `None` for all of them.
    pub zone: Option<ZoneId>,
    /// The `resource` label of the object that the name is wanted by, for [`Unknown::Name`]; `None`
    /// when it may be any.
    pub object: Option<ObjectRef>,
}

/// A kind of objects, everywhere or in one namespace: `service`, or `service/default`; compared without
/// case, as an [`ObjectRef`] is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindRef(ObjectRef);

impl KindRef {
    /// Returns the kind as the `resource` label spells it, in a namespace or, without one, everywhere.
    pub fn new(kind: &str, namespace: Option<&str>) -> Self {
        match namespace {
            Some(namespace) => Self(ObjectRef::new(kind, "", namespace)),
            None => Self(ObjectRef::from(kind)),
        }
    }

    /// Returns the namespace; `None` for all.
    pub fn namespace(&self) -> Option<&str> {
        Some(self.0.name()).filter(|namespace| !namespace.is_empty())
    }
}

impl From<&str> for KindRef {
    fn from(text: &str) -> Self {
        Self(ObjectRef::from(text))
    }
}

impl fmt::Display for KindRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What its absence must not delete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// One name, such as one whose targets do not resolve.
    Name(DnsName),
    /// One record set that an object wants, such as one that the provider refuses.
    RecordSet {
        /// Its name.
        name: DnsName,
        /// Its type, as it was desired.
        record_type: RecordType,
        /// Its set identifier; empty without a routing policy.
        set_identifier: String,
        /// The `resource` label of the object; `None` when it has none.
        object: Option<ObjectRef>,
    },
    /// All names of one object, such as one that does not decode: `kind/namespace/name`; with
    /// [`ANYWHERE`] for the namespace, of every object of that kind and name.
    Resource(ObjectRef),
    /// All names of all objects of a kind, everywhere or in one namespace.
    Kind(KindRef),
    /// Everything, such as when a cache was lost.
    All,
}

/// Which names a sync is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every name.
    All,
    /// Every name but these, which are left to a later sync.
    AllBut(BTreeSet<CanonicalName>),
    /// These names; a sync over them leaves every other name alone.
    Names(BTreeSet<CanonicalName>),
}

impl Desired {
    /// Returns the annotation from which a property of `endpoint` comes; the property itself where the
    /// object spells it out.
    pub(crate) fn annotation(&self, endpoint: &Endpoint, property: &str) -> String {
        let object = endpoint.labels.resource().and_then(|object| self.source_objects.get(object));
        let annotation = object.and_then(|object| object.annotation(property));
        annotation.unwrap_or(property).to_owned()
    }

    /// Returns what a provider says to the object with this `resource` label, with annotations of the
    /// object where it names properties in backticks that come from them.
    pub fn in_annotations(&self, resource: Option<&ObjectRef>, message: &str) -> String {
        let Some(object) = resource.and_then(|resource| self.source_objects.get(resource)) else {
            return message.to_owned();
        };
        let named = |part| object.annotation(part).unwrap_or(part);
        let is_property = |(at, part): (usize, &str)| at % 2 == 1 && part.contains('/');
        let parts = message.split('`').enumerate();
        let parts =
            parts.map(|(at, part)| if is_property((at, part)) { named(part) } else { part });
        parts.collect::<Vec<_>>().join("`")
    }

    /// Drops what is said of the names that other shards have. What is said of whole objects and kinds stays: it
    /// is about names here, too.
    pub fn leave_to_others(&mut self, elsewhere: &Elsewhere) {
        let is_here = |name: &DnsName| !elsewhere.has(name.canonical());
        for endpoints in [&mut self.endpoints, &mut self.said_again, &mut self.without_targets] {
            endpoints.retain(|endpoint| is_here(&endpoint.dns_name));
        }
        self.unknown.retain(|gap| match &gap.what {
            Unknown::Name(name) | Unknown::RecordSet { name, .. } => is_here(name),
            Unknown::Resource(_) | Unknown::Kind(_) | Unknown::All => true,
        });
        self.stand_ins.retain(|name| !elsewhere.has(name));
        self.statuses.retain(|status| is_here(&status.name));
    }

    /// Returns what is desired, each record set once that several objects want alike.
    pub fn distinct(&self) -> Vec<Endpoint> {
        alike::groups(&self.endpoints).into_iter().map(|group| group.speaker.clone()).collect()
    }

    /// Returns what is desired more than once alike, by one object or by several: of each such record
    /// set all but one.
    pub fn repeated(&self) -> Vec<&Endpoint> {
        let groups = alike::groups(&self.endpoints).into_iter();
        self.said_again.iter().chain(groups.flat_map(alike::Group::others)).collect()
    }

    /// Returns which names the object with this `resource` label may have; `None` for any.
    pub fn right_of(&self, resource: Option<&ObjectRef>) -> Option<&Arc<NameRight>> {
        self.rights.get(resource?.namespace()?)
    }

    /// Tells whether it hangs on names below those of its record sets whether these may be made: where names are
    /// kept apart, names of others are led nowhere else. It must be complete then, whatever the names
    /// that a sync is about.
    pub fn looks_below(&self) -> bool {
        self.sharing == NameSharing::WithinNamespace && self.endpoints.iter().any(can_cut)
    }

    /// Drops the record sets of names that `scope` does not cover.
    pub fn only(&mut self, scope: &Scope) {
        if self.looks_below() {
            let dropped =
                self.endpoints.iter().filter(|endpoint| !scope.covers(&endpoint.dns_name));
            for endpoint in dropped {
                let whose = self.beyond.entry(endpoint.dns_name.canonical().clone()).or_default();
                whose.push(endpoint.labels.resource().cloned());
            }
        }
        self.endpoints.retain(|endpoint| scope.covers(&endpoint.dns_name));
        self.said_again.retain(|endpoint| scope.covers(&endpoint.dns_name));
    }

    /// Tells whether the objects of a namespace may not have `name`, by a rule; not where that is not
    /// known.
    pub(crate) fn is_barred(&self, namespace: &str, name: &DnsName) -> bool {
        let right = self.rights.get(namespace);
        right.is_some_and(|right| matches!(right.check(name), Err(Barred::NotAllowed(_))))
    }

    /// Adds that `what` is not known because of `reason`, whichever object wants it.
    pub fn unknown(&mut self, what: Unknown, reason: Reason) {
        self.unknown.push(Gap { what, reason, zone: None, object: None });
    }

    /// Adds that `what` is not known, which the object with this `resource` label wants.
    pub fn unknown_of(&mut self, object: impl Into<ObjectRef>, what: Unknown, reason: Reason) {
        let object = Some(object.into());
        self.unknown.push(Gap { what, reason, zone: None, object });
    }
}

impl Gap {
    /// Returns the `resource` label of the one object that it is about; `None` when there is none.
    pub fn object(&self) -> Option<&ObjectRef> {
        match &self.what {
            Unknown::Name(_) => self.object.as_ref(),
            Unknown::RecordSet { object, .. } => object.as_ref(),
            Unknown::Resource(resource) => Some(resource),
            Unknown::Kind(_) | Unknown::All => None,
        }
    }

    /// Returns the namespace whose objects it is about; `None` when they may be of any.
    pub(crate) fn namespace(&self) -> Option<&str> {
        let namespace = match &self.what {
            Unknown::Kind(kind) => kind.namespace(),
            Unknown::Name(_) | Unknown::RecordSet { .. } | Unknown::Resource(_) | Unknown::All => {
                self.object()?.namespace()
            }
        };
        namespace.filter(|namespace| *namespace != ANYWHERE)
    }

    /// Tells whether a record set with this name, type and `resource` label must not be deleted.
    ///
    /// What an object wants and is not known speaks for the objects of its namespace and no other:
    /// what is there for an object of another one is that object's to keep or to give up. A record set
    /// without a label may be anyone's, so any gap but that of another name covers it. Labels are
    /// compared without case.
    ///
    /// One record set that could not be had covers what answers the same question, and everything of
    /// its object under the name: those may be what it was to replace.
    pub fn covers(
        &self,
        sharing: NameSharing,
        (name, record_type): (&DnsName, &RecordType),
        resource: Option<&ObjectRef>,
    ) -> bool {
        match &self.what {
            Unknown::Name(unknown) => {
                unknown.canonical() == name.canonical()
                    && sharing.is_maybe_one(self.object(), resource)
            }
            Unknown::RecordSet {
                name: unknown,
                record_type: wanted,
                object,
                set_identifier: _,
            } => {
                unknown.canonical() == name.canonical()
                    && sharing.is_maybe_one(object.as_ref(), resource)
                    && (family(wanted) == family(record_type)
                        || is_maybe_same(object.as_ref(), resource))
            }
            Unknown::Resource(unknown) => resource.is_none_or(|resource| {
                resource == unknown
                    || anywhere(resource).is_some_and(|anywhere| anywhere == *unknown)
            }),
            Unknown::Kind(unknown) => {
                resource.is_none_or(|resource| kinds_of(resource).any(|kind| kind == *unknown))
            }
            Unknown::All => true,
        }
    }
}

/// Returns the object of this kind and name in any namespace; `None` for one of the whole cluster.
pub(crate) fn anywhere(object: &ObjectRef) -> Option<ObjectRef> {
    object.namespace().map(|_| ObjectRef::new(object.kind(), ANYWHERE, object.name()))
}

/// Returns the kinds that an object is of: that of the whole cluster, and that of its namespace.
pub(crate) fn kinds_of(object: &ObjectRef) -> impl Iterator<Item = KindRef> {
    let kind = KindRef::new(object.kind(), None);
    let within = object.namespace().map(|namespace| KindRef::new(object.kind(), Some(namespace)));
    std::iter::once(kind).chain(within)
}

/// Returns the type that stands for all that one desired record set can be published as: an address
/// may be an alias of what was desired as a CNAME.
pub(crate) fn family(record_type: &RecordType) -> &RecordType {
    match record_type {
        RecordType::Aaaa | RecordType::Cname => &RecordType::A,
        RecordType::A
        | RecordType::Caa
        | RecordType::Dname
        | RecordType::Mx
        | RecordType::Naptr
        | RecordType::Ns
        | RecordType::Ptr
        | RecordType::Srv
        | RecordType::Txt
        | RecordType::Other(_) => record_type,
    }
}

/// Tells whether both could be one object; without one it may be any.
pub(crate) fn is_maybe_same(a: Option<&ObjectRef>, b: Option<&ObjectRef>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a == b)
}

impl Scope {
    /// Tells whether the sync is about `name`.
    pub fn covers(&self, name: &DnsName) -> bool {
        self.has(name.canonical())
    }

    /// Tells whether the sync is about a name in canonical form.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(names) => !names.contains(name),
            Self::Names(names) => names.contains(name),
        }
    }

    /// Returns it without some names.
    #[must_use]
    pub fn without(self, others: impl IntoIterator<Item = CanonicalName>) -> Self {
        let others: BTreeSet<_> = others.into_iter().collect();
        match self {
            Self::All => Self::AllBut(others),
            Self::AllBut(mut names) => {
                names.extend(others);
                Self::AllBut(names)
            }
            Self::Names(mut names) => {
                names.retain(|name| !others.contains(name));
                Self::Names(names)
            }
        }
    }

    /// Tells whether it is about no name at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::All | Self::AllBut(_) => false,
            Self::Names(names) => names.is_empty(),
        }
    }
}
