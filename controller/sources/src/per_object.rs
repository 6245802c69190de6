//! A source that converts one object at a time, which all but the synthetic ones do.

use std::marker::PhantomData;
use std::sync::Arc;

use controller_core::desired::{Desired, KindRef, Unknown};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{CanonicalName, ObjectRef};

use super::context::Context;
use super::endpoint_builder::{EndpointBuilder, source_unavailable};
use super::left_out::Candidate;
use super::options::SourceOptions;
use super::template::{InvalidTemplate, Shape, Templates};
use super::view::{SourceView, View};
use super::{Affected, ObjectScope, Source};
use crate::objects::{Change, KindId, ObjectKey, Objects, Resource};

/// A key that has no effect on an object, and why.
pub(super) type IdleKey = (&'static str, &'static str);

/// How one kind of object wants names.
pub(super) trait ObjectSource: 'static {
    /// The kind of object.
    type Object: Resource;
    /// Name of the source.
    const SOURCE: &'static str;
    /// First part of the `resource` label.
    const LABEL: &'static str;
    /// Whether the `controller` annotation can give the object to another controller.
    const HEEDS_CONTROLLER: bool = true;

    /// Where the names of these objects stand, which have no other purpose than to be reached by
    /// them; `None` for objects that are mostly not for publishing.
    const NAMES_AT: Option<&'static str> = None;

    /// Where the targets of these objects stand, in words that go on after "in"; empty where that
    /// depends on the object, which then says so by [`EndpointBuilder::look_at`].
    const TARGETS_AT: &'static str = "";

    /// Finds out what `object` wants.
    fn convert<'a>(object: &'a Self::Object, builder: &mut EndpointBuilder<'a>);

    /// Returns the keys that have no effect on this very object, although they have on others.
    fn idle_keys(object: &Self::Object, builder: &EndpointBuilder<'_>) -> Vec<IdleKey> {
        let _ = (object, builder);
        Vec::new()
    }

    /// Returns which setting leaves out the whole of `object`, in words that go on after "it is left out:".
    fn left_out_by(object: &Self::Object, options: &SourceOptions) -> Option<String> {
        let _ = (object, options);
        None
    }

    /// Returns the objects that a change of an object of another kind may concern.
    fn affected(objects: &Objects, options: &SourceOptions, change: &Change) -> Affected {
        let _ = (objects, options, change);
        Affected::default()
    }
}

/// What of an object counts when it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// Everything.
    AsItIs,
    /// Everything but what chooses between the names in annotations and those that it defines.
    BothHostnameSources,
    /// Nor which controller it is for.
    LeavingNothingOut,
}

/// A source that converts one object at a time.
pub(super) struct PerObject<C> {
    options: Arc<SourceOptions>,
    sight: SourceView,
    templates: Templates,
    source: PhantomData<fn(C)>,
}

impl<C: ObjectSource> PerObject<C> {
    pub(super) fn new(options: &Arc<SourceOptions>) -> Result<Self, InvalidTemplate> {
        let templates = Templates::new(&options.templates, C::SOURCE, Shape::Typed)?;
        let sight = SourceView::of(C::SOURCE, options);
        Ok(Self { options: Arc::clone(options), sight, templates, source: PhantomData })
    }

    fn selects(&self, object: &C::Object) -> bool {
        let meta = object.meta();
        self.sight.covers(&C::Object::ID, &meta.namespace)
            && self.options.label_filter.covers(&meta.labels)
            && self.options.annotation_filter.covers(&meta.annotations)
    }

    fn context<'a>(&'a self, objects: &'a Objects) -> Context<'a> {
        let objects = View::new(objects, &self.sight);
        Context { objects, options: &self.options, templates: &self.templates }
    }

    fn convert(&self, object: &C::Object, objects: &Objects, desired: &mut Desired) {
        if self.selects(object) {
            Self::convert_in(self.context(objects), object, Reading::AsItIs, desired);
        }
    }

    fn convert_in(
        context: Context<'_>,
        object: &C::Object,
        reading: Reading,
        desired: &mut Desired,
    ) {
        let meta = object.meta();
        let resource = ObjectRef::new(C::LABEL, &meta.namespace, &meta.name);
        let mut builder = EndpointBuilder::new(meta, ObjectKey::of(object), resource, context);
        let heeds_controller = C::HEEDS_CONTROLLER && reading != Reading::LeavingNothingOut;
        if reading != Reading::AsItIs {
            builder.annotations.forget_hostname_sources();
        }
        let other = builder.annotations.other_controller().filter(|_| heeds_controller);
        if let Some(controller) = other {
            builder.tell(Reason::OtherController { controller: controller.to_owned() });
        } else {
            let idle = C::idle_keys(object, &builder);
            builder.tell_idle(C::SOURCE, &idle);
            builder.look_at(C::TARGETS_AT);
            C::convert(object, &mut builder);
            builder.tell_silence(C::NAMES_AT);
        }
        builder.finish(desired);
    }

    /// Returns what an object wants when it is read in another way, whatever selects objects.
    fn read_as(&self, object: &C::Object, objects: &Objects, reading: Reading) -> Desired {
        let (mut desired, options) = (Desired::default(), self.options.leaving_nothing_out());
        let context = self.context(objects);
        let context = match reading {
            Reading::AsItIs | Reading::BothHostnameSources => context,
            Reading::LeavingNothingOut => Context { options: &options, ..context },
        };
        Self::convert_in(context, object, reading, &mut desired);
        desired
    }

    /// Returns an object with what it wants, and what it would want if nothing left it out.
    fn candidate<'a>(&self, object: &'a C::Object, objects: &Objects) -> Candidate<'a> {
        let meta = object.meta();
        let mut wanted = Desired::default();
        self.convert(object, objects, &mut wanted);
        let otherwise = self.read_as(object, objects, Reading::LeavingNothingOut);
        let left_out_by = C::left_out_by(object, &self.options);
        let resource = ObjectRef::new(C::LABEL, &meta.namespace, &meta.name);
        Candidate { meta, resource, wanted, otherwise, left_out_by }
    }
}

impl<C: ObjectSource> Source for PerObject<C> {
    fn name(&self) -> &'static str {
        C::SOURCE
    }

    fn resource(&self, key: &ObjectKey) -> Option<ObjectRef> {
        (key.kind == C::Object::ID).then(|| ObjectRef::new(C::LABEL, &key.namespace, &key.name))
    }

    fn affected(&self, objects: &Objects, change: &Change) -> Affected {
        if change.key.kind == C::Object::ID {
            return [change.key.clone()].into_iter().collect();
        }
        C::affected(objects, &self.options, change)
    }

    fn collect(&self, objects: &Objects, scope: &ObjectScope, desired: &mut Desired) {
        tell_gaps::<C::Object>(objects, C::LABEL, scope, &self.sight, desired);
        // What an object that cannot be read may not have is not its to keep.
        for (namespace, ..) in objects.unreadable(&C::Object::ID) {
            if let (Some(right), _) = self.context(objects).right_of(namespace) {
                desired.rights.entry(namespace.to_owned()).or_insert(right);
            }
        }
        match scope {
            ObjectScope::All => {
                for object in objects.list::<C::Object>() {
                    self.convert(object, objects, desired);
                }
            }
            ObjectScope::Only(keys) => {
                for key in keys.iter().filter(|key| key.kind == C::Object::ID) {
                    if let Some(object) = objects.get::<C::Object>(&key.namespace, &key.name) {
                        self.convert(object, objects, desired);
                    }
                }
            }
        }
    }

    fn left_out(&self, objects: &Objects, name: &CanonicalName) -> Vec<RecordStatus> {
        let read = objects.list::<C::Object>();
        let read =
            read.filter(|object| self.sight.covers(&C::Object::ID, &object.meta().namespace));
        let reasons = |object: &C::Object| {
            let both_sources = || self.read_as(object, objects, Reading::BothHostnameSources);
            self.candidate(object, objects).reasons(name, &self.options, both_sources)
        };
        read.flat_map(reasons).collect()
    }

    fn left_out_of(&self, objects: &Objects, key: &ObjectKey) -> Vec<RecordStatus> {
        let Some(resource) = self.resource(key) else { return Vec::new() };
        if let Some(unread) = self.sight.unread(&key.kind, &key.namespace) {
            return vec![RecordStatus::on_object(resource, unread)];
        }
        let Some(object) = objects.get::<C::Object>(&key.namespace, &key.name) else {
            return Vec::new();
        };
        let candidate = self.candidate(object, objects);
        let both_sources = || self.read_as(object, objects, Reading::BothHostnameSources);
        let names = candidate.names().into_iter();
        names.flat_map(|name| candidate.reasons(&name, &self.options, both_sources)).collect()
    }
}

/// Returns every object of a kind when the change is of one of the `kinds` that they refer to: what
/// it means for each cannot be told cheaply, and they are few.
pub(super) fn all_after<T: Resource>(
    objects: &Objects,
    change: &Change,
    kinds: &[KindId],
) -> Affected {
    if !kinds.contains(&change.key.kind) {
        return Affected::default();
    }
    objects.list::<T>().map(ObjectKey::of).collect()
}

/// Adds what is not known of a kind of object: all of it, or single objects that make no sense.
pub(super) fn tell_gaps<T: Resource>(
    objects: &Objects,
    label: &str,
    scope: &ObjectScope,
    sight: &SourceView,
    desired: &mut Desired,
) {
    let kind = T::ID;
    let states = objects.states(&kind).filter(|(at, _)| sight.covers(&kind, at));
    for (namespace, state) in states.filter(|(_, state)| !state.is_synced()) {
        let kind = KindRef::new(label, Some(namespace).filter(|namespace| !namespace.is_empty()));
        desired.unknown(Unknown::Kind(kind), source_unavailable(T::ID.as_str(), state));
    }
    for (namespace, name, error) in objects.unreadable(&T::ID) {
        let key = ObjectKey { kind: T::ID, namespace: namespace.into(), name: name.into() };
        if scope.covers(&key) && sight.covers(&T::ID, namespace) {
            let resource = ObjectRef::new(label, namespace, name);
            let reason = Reason::Unreadable { error: error.to_owned() };
            desired.statuses.push(RecordStatus::on_object(resource.clone(), reason.clone()));
            desired.unknown(Unknown::Resource(resource), reason);
        }
    }
}
