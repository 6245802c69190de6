//! Adding what templates make of an object.

use std::collections::BTreeMap;

use controller_core::status::{Place, Reason};

use super::EndpointBuilder;
use crate::objects::ObjectKey;
use crate::template::Templates;
use crate::view::View;

/// What templates made, with the flag of the template.
pub(super) type Made = BTreeMap<String, &'static str>;

/// Flags of the templates, as reasons name them.
const FQDN_TEMPLATE: &str = "--fqdn-template";
const TARGET_TEMPLATE: &str = "--target-template";
const PAIR_TEMPLATE: &str = "--fqdn-target-template";

impl EndpointBuilder<'_> {
    /// Runs one of the templates on the object; an error makes the object unknown.
    fn render(
        &mut self,
        render: impl FnOnce(&Templates, View<'_>, &ObjectKey) -> Result<Vec<String>, Reason>,
    ) -> Option<Vec<String>> {
        match render(self.context.templates, self.context.objects, &self.key) {
            Ok(made) => Some(made),
            Err(reason) => {
                self.unknown(reason);
                None
            }
        }
    }

    /// Tells whether a template is to be run now: always when combining, else when nothing is added.
    fn wants_template(&self) -> bool {
        self.context.templates.combine() || !self.wants_any()
    }

    /// Tells whether a template that gives targets as well is to be run now: always when combining,
    /// else when nothing is answered. Whether other names are known for now means nothing to it.
    fn wants_answers(&self) -> bool {
        let is_answered = !self.endpoints.is_empty() || self.has_flawed_name;
        self.context.templates.combine() || !is_answered
    }

    /// Returns the names that the template gives and that are names; see [`validated`](Self::validated).
    pub(crate) fn template_names(&mut self) -> Vec<String> {
        let names = self.render(Templates::names).unwrap_or_default();
        self.validated_at(&Place::Template(FQDN_TEMPLATE.to_owned()), names)
    }

    /// Runs the template that gives names and adds them through `add`.
    pub(crate) fn add_from_template(&mut self, add: impl FnOnce(&mut Self, Vec<String>)) {
        if self.wants_template() {
            let names = self.template_names();
            if !names.is_empty() {
                add(self, names);
            }
        }
    }

    /// Runs the template that gives pairs of a name and a target, and adds them as they are.
    pub(crate) fn add_pairs(&mut self) {
        if !self.wants_answers() {
            return;
        }
        let pairs = self.render(Templates::pairs).unwrap_or_default();
        self.bare(|builder| {
            for pair in pairs {
                builder.add_pair(pair);
            }
        });
    }

    fn add_pair(&mut self, pair: String) {
        // Only the first colon splits, so that an IPv6 address can be a target.
        match pair.split_once(':').map(|(name, target)| (name.trim(), target.trim())) {
            Some((name, target)) if !name.is_empty() => {
                self.made.insert(name.to_owned(), PAIR_TEMPLATE);
                self.made.insert(target.to_owned(), PAIR_TEMPLATE);
                let target = (!target.is_empty()).then(|| target.to_owned());
                self.add(name, target.as_slice());
            }
            Some(_) | None => self.unknown(Reason::InvalidTarget {
                target: pair,
                place: Place::Template(PAIR_TEMPLATE.to_owned()),
                why: "a template of pairs must give `name:target`".to_owned(),
            }),
        }
    }

    /// Runs the templates that give names and targets apart, and adds each name with all targets.
    pub(crate) fn add_names_and_targets(&mut self) {
        if !self.wants_answers() {
            return;
        }
        let names = self.template_names();
        if names.is_empty() {
            return;
        }
        let Some(targets) = self.render(Templates::targets) else { return };
        self.made.extend(targets.iter().map(|target| (target.clone(), TARGET_TEMPLATE)));
        self.bare(|builder| builder.add_all(&names, &targets));
    }

    /// Adds `names` with what the `target` annotation says, where nothing else can say it, and for
    /// what templates give.
    pub(crate) fn add_annotated_or_templated(&mut self, names: &[String]) {
        let targets = self.annotations.targets();
        if !targets.is_empty() {
            self.add_all(names, &targets);
        }
        self.add_pairs();
        self.add_names_and_targets();
        if targets.is_empty() {
            for name in names {
                if !self.wants(name) {
                    self.mark_unknown(name, self.no_targets());
                }
            }
        }
    }

    /// Returns the template that made `value`, if one did.
    pub(super) fn made_by(&self, value: &str) -> Option<Place> {
        self.made.get(value).map(|flag| Place::Template((*flag).to_owned()))
    }
}
