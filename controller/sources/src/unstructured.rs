//! `unstructured`: names annotated on objects of any kind, and templates over all their fields.

use std::sync::Arc;

use controller_core::desired::{Desired, KindRef, Unknown};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{CanonicalName, ObjectRef};

use super::annotations::key;
use super::context::Context;
use super::endpoint_builder::{EndpointBuilder, source_unavailable};
use super::left_out::Candidate;
use super::options::SourceOptions;
use super::table::BuildError;
use super::template::{Shape, Templates};
use super::view::{SourceView, View};
use super::{Affected, ObjectScope, Source};
use crate::objects::untyped::Untyped;
use crate::objects::{Change, Kind, KindId, ObjectKey, Objects};

/// Name of the source.
pub const NAME: &str = "unstructured";

/// `unstructured`, for one kind.
pub(super) struct Unstructured {
    kind: KindId,
    /// First parts of the `resource` label that objects of the kind may have.
    labels: Vec<String>,
    sight: SourceView,
    options: Arc<SourceOptions>,
    templates: Templates,
}

impl Unstructured {
    pub(super) fn all(options: &Arc<SourceOptions>) -> Result<Vec<Box<dyn Source>>, BuildError> {
        let mut built: Vec<Box<dyn Source>> = Vec::new();
        for text in &options.unstructured_resources {
            let kind = Kind::named(text).map_err(BuildError::Contradiction)?;
            built.push(Box::new(Self {
                kind: kind.id(),
                labels: singulars(&kind.plural),
                sight: SourceView::of_kind(kind.id(), options),
                options: Arc::clone(options),
                templates: Templates::new(&options.templates, NAME, Shape::Untyped)?,
            }));
        }
        Ok(built)
    }

    fn convert(&self, object: &Untyped, objects: &Objects, desired: &mut Desired) {
        let meta = &object.meta;
        if self.sight.covers(&self.kind, &meta.namespace) && self.options.filtered(meta).is_none() {
            self.convert_as(&self.options, true, object, objects, desired);
        }
    }

    fn convert_as(
        &self,
        options: &SourceOptions,
        heeds_controller: bool,
        object: &Untyped,
        objects: &Objects,
        desired: &mut Desired,
    ) {
        let meta = &object.meta;
        let resource = resource_of(object);
        let objects = View::new(objects, &self.sight);
        let context = Context { objects, options, templates: &self.templates };
        let mut builder =
            EndpointBuilder::new(meta, ObjectKey::new(self.kind.clone(), meta), resource, context);
        let other = builder.annotations.other_controller().filter(|_| heeds_controller);
        if let Some(controller) = other {
            builder.tell(Reason::OtherController { controller: controller.to_owned() });
        } else {
            builder.tell_idle(NAME, &[]);
            builder.without_properties();
            builder.keep_ttl();
            // Compat: the flag that ignores hostname annotations was never obeyed here.
            let names = builder.listed(key::HOSTNAME);
            builder.add_annotated_or_templated(&names);
            builder.tell_silence(None);
        }
        builder.finish(desired);
    }
}

impl Unstructured {
    /// Returns an object with what it wants, and what it would want if nothing left it out.
    fn candidate<'a>(&self, object: &'a Untyped, objects: &Objects) -> Candidate<'a> {
        let options = self.options.leaving_nothing_out();
        let (mut wanted, mut otherwise) = (Desired::default(), Desired::default());
        self.convert(object, objects, &mut wanted);
        self.convert_as(&options, false, object, objects, &mut otherwise);
        let (meta, resource) = (&object.meta, resource_of(object));
        Candidate { meta, resource, wanted, otherwise, left_out_by: None }
    }
}

impl Source for Unstructured {
    fn name(&self) -> &'static str {
        NAME
    }

    fn resource(&self, key: &ObjectKey) -> Option<ObjectRef> {
        let label = self.labels.first().filter(|_| key.kind == self.kind)?;
        Some(format!("{label}/{}/{}", key.namespace, key.name).into())
    }

    fn affected(&self, _: &Objects, change: &Change) -> Affected {
        [&change.key].into_iter().filter(|key| key.kind == self.kind).cloned().collect()
    }

    fn collect(&self, objects: &Objects, scope: &ObjectScope, desired: &mut Desired) {
        let states = objects.states(&self.kind).filter(|(at, _)| self.sight.covers(&self.kind, at));
        for (namespace, state) in states.filter(|(_, state)| !state.is_synced()) {
            for label in &self.labels {
                let within = Some(namespace).filter(|namespace| !namespace.is_empty());
                let kind = KindRef::new(label, within);
                desired.unknown(Unknown::Kind(kind), source_unavailable(self.kind.as_str(), state));
            }
        }
        let stored = objects.stored(&self.kind);
        for object in stored.filter_map(|object| object.as_any().downcast_ref::<Untyped>()) {
            if scope.covers(&ObjectKey::new(self.kind.clone(), &object.meta)) {
                self.convert(object, objects, desired);
            }
        }
    }

    fn left_out(&self, objects: &Objects, name: &CanonicalName) -> Vec<RecordStatus> {
        let stored = objects.stored(&self.kind);
        let read = stored.filter_map(|object| object.as_any().downcast_ref::<Untyped>());
        let read = read.filter(|object| self.sight.covers(&self.kind, &object.meta.namespace));
        let reasons = |object: &Untyped| {
            // Its objects define no names that an annotation could leave out.
            self.candidate(object, objects).reasons(name, &self.options, Desired::default)
        };
        read.flat_map(reasons).collect()
    }

    fn left_out_of(&self, objects: &Objects, key: &ObjectKey) -> Vec<RecordStatus> {
        let Some(resource) = self.resource(key) else { return Vec::new() };
        if let Some(unread) = self.sight.unread(&key.kind, &key.namespace) {
            return vec![RecordStatus::on_object(resource, unread)];
        }
        let stored = objects.stored_at(key);
        let object = stored.and_then(|object| object.as_any().downcast_ref::<Untyped>());
        let Some(object) = object else { return Vec::new() };
        let candidate = self.candidate(object, objects);
        let names = candidate.names().into_iter();
        names.flat_map(|name| candidate.reasons(&name, &self.options, Desired::default)).collect()
    }
}

fn resource_of(object: &Untyped) -> ObjectRef {
    let Untyped { meta, kind, .. } = object;
    format!("{}/{}/{}", kind.to_lowercase(), meta.namespace, meta.name).into()
}

/// Returns the words that `plural` may be the plural of, the likeliest first.
fn singulars(plural: &str) -> Vec<String> {
    let y = plural.strip_suffix("ies").map(|rest| format!("{rest}y"));
    let es = plural.strip_suffix("es").filter(|rest| rest.ends_with(['s', 'x', 'h']));
    let s = plural.strip_suffix('s');
    let found = y.into_iter().chain([es, s].into_iter().flatten().map(str::to_owned));
    found.chain([plural.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_one_object_is_among_the_guesses() {
        for (plural, one) in
            [("configmaps", "configmap"), ("policies", "policy"), ("ingresses", "ingress")]
        {
            assert_eq!(singulars(plural).first().map(String::as_str), Some(one));
        }
    }
}
