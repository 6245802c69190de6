//! Nothing comes and nothing is said: what keeps that from happening.
//!
//! A key that has no effect is told, and so is an object that was meant for publishing and wants
//! nothing. Legal silences are the choices of the user who runs the program: namespaces, filters by
//! label and annotation, and the class of an Ingress.

use std::collections::BTreeSet;

use controller_core::status::Reason;

use super::EndpointBuilder;
use crate::annotations::key;
use crate::per_object::IdleKey;
use crate::{keys, slips};

/// Why a hostname annotation does not count when the flag says so.
const IGNORED: &str = "--ignore-hostname-annotation is set";

/// How many things are shown that stand where a name could.
const SHOWN: usize = 3;

/// Where the names of an object can come from.
const FROM: &str = "the object itself, the `hostname` annotation or a template";

impl EndpointBuilder<'_> {
    /// Tells whether there are annotations that are meant for us, besides which controller it is for.
    pub(crate) fn is_annotated(&self) -> bool {
        self.own.keys().any(|key| key != key::CONTROLLER)
    }

    /// Notes that a flag leaves the names of the object out, which needs no word.
    pub(crate) fn left_out(&mut self) {
        self.is_left_out = true;
    }

    /// Notes that something stands where a name could, which is none.
    pub(crate) fn passed_over(&mut self, what: String) {
        self.passed_over.insert(what);
    }

    /// Tells the keys that have no effect on objects of `source`; `idle` has those that have none on
    /// this object, and why.
    pub(crate) fn tell_idle(&mut self, source: &str, idle: &[IdleKey]) {
        let given: Vec<_> = self.own.keys().collect();
        for key in given {
            let is_property = self.own.is_property(key);
            let always = keys::without_effect(source, key, is_property);
            let here = || idle.iter().find(|(idle, _)| *idle == key).map(|(_, why)| *why);
            if let Some(why) = always.or_else(here) {
                self.tell_ignored(key, why);
            } else if self.is_switched_off(source, key) {
                let why = format!("{IGNORED}, and a name stands in `{}`", self.own.whole(key));
                self.tell(Reason::LeftOut { why });
            }
        }
    }

    /// Tells whether names under `key` are not read as the program was started.
    fn is_switched_off(&self, source: &str, key: &str) -> bool {
        self.context.options.ignore_hostname_annotation
            && matches!(key, key::HOSTNAME | key::INTERNAL_HOSTNAME)
            && !matches!(source, "pod" | "unstructured")
    }

    /// Says why an object that was meant for publishing wants nothing, if nothing else says it.
    ///
    /// Objects with a place for names, `names_at`, are meant so even without an annotation.
    pub(crate) fn tell_silence(&mut self, names_at: Option<&str>) {
        if self.is_left_out || self.wants_any() || !self.gaps.is_empty() {
            return;
        }
        let is_told = !self.statuses.is_empty();
        if !self.passed_over.is_empty() {
            let shown: Vec<_> = self.passed_over.iter().take(SHOWN).map(String::as_str).collect();
            let from = format!("{FROM}, and {}", shown.join(", and "));
            self.tell(Reason::NoNames { from });
        } else if let Some(at) = names_at.filter(|_| !is_told) {
            let from = format!("{at}, the `hostname` annotation or a template");
            self.tell(Reason::NoNames { from });
        } else if !is_told && self.is_annotated() {
            self.tell(Reason::NoNames { from: FROM.to_owned() });
        }
    }

    /// Returns what is wrong with the annotations that count, and with the object's own.
    pub(super) fn problems(&self) -> Vec<Reason> {
        let mut problems = self.annotations.problems();
        if !self.is_alone {
            let known: BTreeSet<_> = problems.iter().map(ToString::to_string).collect();
            let own = self.own.problems().into_iter();
            problems.extend(own.filter(|problem| !known.contains(&problem.to_string())));
        }
        problems.extend(slips::found(self.meta, &self.context.options.annotation_prefixes));
        problems.retain(|problem| match problem {
            Reason::IgnoredAnnotation { annotation, .. } => !self.is_read_elsewhere(annotation),
            _ => true,
        });
        problems
    }

    /// Tells whether the annotation `whole`, with its prefix, is read by a filter or a template.
    pub(super) fn is_read_elsewhere(&self, whole: &str) -> bool {
        let options = self.context.options;
        options.annotation_filter.mentions(whole) || options.templates.mention(whole)
    }
}
