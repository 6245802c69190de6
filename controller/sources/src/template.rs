//! Names and targets from templates in Go's `text/template` language.
//!
//! A template sees an object under the names that its Go type has and under those of its JSON. What
//! goes wrong names the template and hurts only the object it was run on.

mod access;
mod functions;
mod probe;
mod view;
mod zero;

use std::collections::BTreeSet;

use controller_core::status::Reason;
use gotmpl::Template;
use gotmpl::parse::Parser;

use super::view::View;
use crate::objects::ObjectKey;

pub(super) use self::view::Shape;

/// Templates as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateTexts {
    /// Give names; the values of a repeated flag are joined by commas.
    pub names: Vec<String>,
    /// Give targets for names that have none of their own.
    pub targets: Vec<String>,
    /// Give pairs `name:target`.
    pub pairs: Vec<String>,
    /// Whether names of templates are added to those of annotations, not used in their absence.
    pub combine: bool,
}

/// Why a template cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{flag}[{index}] {text:?}: {error}")]
pub struct InvalidTemplate {
    flag: &'static str,
    index: usize,
    text: String,
    error: String,
}

/// Templates, ready for the objects of one source.
pub(super) struct Templates {
    names: Option<Parsed>,
    targets: Option<Parsed>,
    pairs: Option<Parsed>,
    combine: bool,
    shape: Shape,
}

struct Parsed {
    text: String,
    template: Template,
}

/// Name under which the template itself stands among those that it defines.
const MAIN: &str = "\0main";

impl TemplateTexts {
    /// Tells whether a template has `word` in it.
    pub fn mention(&self, word: &str) -> bool {
        let Self { names, targets, pairs, combine: _ } = self;
        [names, targets, pairs].into_iter().flatten().any(|text| text.contains(word))
    }

    /// Tells whether there is no template.
    pub fn is_empty(&self) -> bool {
        let Self { names, targets, pairs, combine: _ } = self;
        [names, targets, pairs].into_iter().flatten().all(|text| text.trim().is_empty())
    }
}

impl Templates {
    /// Reads `texts` for the source called `source`, whose objects have the given shape.
    pub(super) fn new(
        texts: &TemplateTexts,
        source: &'static str,
        shape: Shape,
    ) -> Result<Self, InvalidTemplate> {
        let TemplateTexts { names, targets, pairs, combine } = texts;
        Ok(Self {
            names: Parsed::new("--fqdn-template", names, source)?,
            targets: Parsed::new("--target-template", targets, source)?,
            pairs: Parsed::new("--fqdn-target-template", pairs, source)?,
            combine: *combine,
            shape,
        })
    }

    /// Tells whether names of templates are added to those that an object has already.
    pub(super) fn combine(&self) -> bool {
        self.combine
    }

    /// Tells whether there is a template that gives names, alone or in pairs.
    pub(super) fn gives_names(&self) -> bool {
        self.names.is_some() || self.pairs.is_some()
    }

    /// Returns the names that the template gives for an object.
    pub(super) fn names(&self, objects: View<'_>, key: &ObjectKey) -> Result<Vec<String>, Reason> {
        self.render(self.names.as_ref(), objects, key)
    }

    /// Returns the targets that the template gives for an object.
    pub(super) fn targets(
        &self,
        objects: View<'_>,
        key: &ObjectKey,
    ) -> Result<Vec<String>, Reason> {
        self.render(self.targets.as_ref(), objects, key)
    }

    /// Returns the pairs that the template gives for an object.
    pub(super) fn pairs(&self, objects: View<'_>, key: &ObjectKey) -> Result<Vec<String>, Reason> {
        self.render(self.pairs.as_ref(), objects, key)
    }

    /// Returns the names that the template gives for an object that is not stored.
    pub(super) fn names_of(&self, object: &serde_json::Value) -> Result<Vec<String>, Reason> {
        self.names.as_ref().map_or(Ok(Vec::new()), |names| names.run(object, self.shape))
    }

    fn render(
        &self,
        parsed: Option<&Parsed>,
        objects: View<'_>,
        key: &ObjectKey,
    ) -> Result<Vec<String>, Reason> {
        let (Some(parsed), Some(object)) = (parsed, objects.raw(key)) else {
            return Ok(Vec::new());
        };
        parsed.run(object, self.shape)
    }
}

impl Parsed {
    fn new(
        flag: &'static str,
        texts: &[String],
        source: &'static str,
    ) -> Result<Option<Self>, InvalidTemplate> {
        let mut joined = String::new();
        let mut template = None;
        for (index, text) in texts.iter().enumerate() {
            let invalid =
                |error: String| InvalidTemplate { flag, index, text: text.clone(), error };
            if !joined.is_empty() {
                joined.push(',');
            }
            joined.push_str(text);
            if let Some(name) = defined_twice(&joined) {
                return Err(invalid(format!("`{name}` is defined twice")));
            }
            template = Some(parse(&joined, source).map_err(|error| invalid(error.to_string()))?);
        }
        let template = template.filter(|_| !joined.trim().is_empty());
        Ok(template.map(|template| Self { text: joined, template }))
    }

    fn run(&self, object: &serde_json::Value, shape: Shape) -> Result<Vec<String>, Reason> {
        let data = view::of(object, shape);
        let failed = |error: gotmpl::TemplateError| Reason::TemplateFailed {
            template: self.text.clone(),
            error: match error {
                gotmpl::TemplateError::Exec(error) => error,
                other => other.to_string(),
            },
        };
        let text = self.template.execute_template_to_string(MAIN, &data).map_err(failed)?;
        let pieces = text.split(',').map(str::trim);
        let pieces = pieces.map(|piece| piece.strip_suffix('.').unwrap_or(piece));
        let mut pieces: Vec<_> =
            pieces.filter(|piece| !piece.is_empty()).map(str::to_owned).collect();
        pieces.sort();
        pieces.dedup();
        Ok(pieces)
    }
}

/// Returns the name of a template that `text` defines twice.
fn defined_twice(text: &str) -> Option<String> {
    let mut seen = BTreeSet::new();
    let blocks = text.split("{{").skip(1).map(|part| part.trim_start_matches('-').trim_start());
    let defined = blocks.filter_map(|block| block.strip_prefix("define")).map(str::trim_start);
    let mut names = defined.filter_map(|rest| {
        let quote = rest.chars().next().filter(|character| matches!(character, '"' | '`'))?;
        rest.split(quote).nth(1)
    });
    names.find(|name| !seen.insert(*name)).map(str::to_owned)
}

fn parse(text: &str, source: &'static str) -> gotmpl::Result<Template> {
    let functions = functions::all(source);
    let mut template = Template::new("").funcs(functions.clone()).parse(text)?;
    let (mut tree, _) = Parser::new(text, "{{", "}}")?.parse()?;
    let defined: Vec<_> = template.templates().into_iter().map(str::to_owned).collect();
    for name in defined {
        if let Some(mut body) = template.lookup(&name).cloned() {
            access::rewrite(&mut body, &functions)?;
            template = template.add_parse_tree(&name, body);
        }
    }
    access::rewrite(&mut tree, &functions)?;
    Ok(template.add_parse_tree(MAIN, tree))
}

#[cfg(test)]
mod tests;
