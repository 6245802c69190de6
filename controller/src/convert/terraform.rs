//! The values in Terraform: of a `helm_release`, and of modules that hand such an object on.
//!
//! Only what is written out is read, with `local` values and the functions that put values together.
//! All else is computed when Terraform runs, and is told by the name it has there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::draft::Draft;
use super::fields::{Fields, each, shown, take_out};
use super::hcl::{self, Body, Expression, Piece};
use super::input::{RENDERED, merge, yaml};
use super::{Weight, paths};

/// What stands before and after the name of something computed; no text of people has them.
const COMPUTED: [char; 2] = ['\u{e000}', '\u{e001}'];

/// How deep `local` values may refer to others.
const DEPTH: usize = 16;

/// What is said of attributes that decide on the release.
const ATTRIBUTE: &str =
    "nothing is known of this attribute, so it is not known either what it does to the values";

/// Tells whether a text is Terraform's.
pub(super) fn is_meant(text: &str) -> bool {
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"));
    let opens = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_block = [
            "resource",
            "module",
            "locals",
            "set",
            "set_list",
            "set_sensitive",
            "terraform",
            "provider",
            "variable",
            "data",
        ];
        match words.as_slice() {
            [first, second, ..] => {
                let opens = ["{", "="].contains(second) || second.starts_with('"');
                opens && (is_block.contains(first) || *first == "values")
            }
            _ => false,
        }
    };
    first.is_some_and(opens) || text.contains("resource \"helm_release\"")
}

/// Returns the values of the release of ExternalDNS in a text; `None` when it has none.
///
/// # Errors
///
/// Returns where the text is no Terraform.
pub(super) fn values(draft: &mut Draft, text: &str) -> Result<Option<Map<String, Value>>, String> {
    let body = hcl::read(text)?;
    let locals = Locals::of(&body);
    let mut releases = Vec::new();
    for block in &body.blocks {
        let labels: Vec<&str> = block.labels.iter().map(String::as_str).collect();
        match (block.name.as_str(), labels.as_slice()) {
            ("resource", ["helm_release", name]) => {
                releases.push((format!("helm_release.{name}"), locals.body(&block.body)));
            }
            ("module", [name]) => releases.extend(of_module(name, &locals.body(&block.body))),
            _ => {}
        }
    }
    if releases.is_empty() {
        // A piece of one, without the block around it.
        let whole = locals.body(&body);
        if ["set", "set_list", "set_sensitive", "values"].iter().any(|key| whole.contains_key(*key))
        {
            releases.push(("set".to_owned(), whole));
        }
    }
    let is_named = |(name, release): &(String, Map<String, Value>)| {
        let said =
            ["chart", "repository", "name"].map(|key| release.get(key).map(Value::to_string));
        let said =
            said.into_iter().flatten().chain([name.clone()]).collect::<String>().to_lowercase();
        ["external-dns", "external_dns", "externaldns"].iter().any(|name| said.contains(name))
    };
    let is_any = releases.iter().any(is_named);
    let mut found = None;
    for release in releases {
        let is_ours = !is_any || is_named(&release);
        let (name, release) = release;
        match (is_ours, &found) {
            (false, _) => draft.say(Weight::Note, &name, "it is of another chart, and stays as it is"),
            (true, Some(_)) => draft.unknown(
                &name,
                "it is an installation of its own: convert it by itself, and give it a release of its own",
            ),
            (true, None) => found = Some(of_release(draft, &name, release)),
        }
    }
    Ok(found)
}

/// Returns the releases that a module is told about, such as those of EKS Blueprints Addons.
fn of_module(name: &str, attributes: &Map<String, Value>) -> Vec<(String, Map<String, Value>)> {
    let is_release = |map: &Map<String, Value>| {
        ["values", "set", "set_list", "set_sensitive"].iter().any(|key| map.contains_key(*key))
    };
    let mut found = Vec::new();
    if is_release(attributes) {
        found.push((format!("module.{name}"), attributes.clone()));
    }
    for (key, value) in attributes {
        if let Value::Object(map) = value
            && key.contains("external")
            && is_release(map)
        {
            found.push((format!("module.{name}.{key}"), map.clone()));
        }
    }
    found
}

/// Reads what a release is made of ([arguments]).
///
/// [arguments]: https://registry.terraform.io/providers/hashicorp/helm/latest/docs/resources/release
fn of_release(draft: &mut Draft, place: &str, release: Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let is_module = place.starts_with("module.");
    each(draft, place, Some(Value::Object(release)), ATTRIBUTE, |draft, fields| {
        fields.pass(&[
            "name",
            "repository",
            "chart",
            "version",
            "namespace",
            "create_namespace",
            "atomic",
            "wait",
            "wait_for_jobs",
            "timeout",
            "depends_on",
            "lifecycle",
            "cleanup_on_fail",
            "dependency_update",
            "description",
            "devel",
            "disable_crd_hooks",
            "disable_openapi_validation",
            "disable_webhooks",
            "force_update",
            "keyring",
            "lint",
            "max_history",
            "pass_credentials",
            "recreate_pods",
            "render_subchart_notes",
            "replace",
            "repository_ca_file",
            "repository_cert_file",
            "repository_key_file",
            "repository_password",
            "repository_username",
            "reset_values",
            "skip_crds",
            "verify",
            "provider",
            "timeouts",
            "take_ownership",
            "upgrade_install",
            "source",
            "providers",
        ]);
        if let Some(reuse) = fields.take("reuse_values").filter(|reuse| reuse != &json!(false)) {
            draft.elsewhere(&format!(
                "{}: {}",
                fields.at("reuse_values"),
                readable(&shown(&reuse))
            ));
        }
        for key in ["postrender", "post_render"] {
            if let Some(program) = fields.said(key) {
                draft.unknown(
                    &fields.at(key),
                    &format!("{RENDERED}: `{}`", readable(&shown(&program))),
                );
            }
        }
        for key in ["count", "for_each"] {
            if let Some(each) = fields.said(key).filter(|each| each != &json!(1)) {
                let text = format!(
                    "it may make several releases, or none, of `{}`; give the values of one (`helm get values NAME -o yaml`)",
                    readable(&shown(&each))
                );
                draft.say(Weight::Changed, &fields.at(key), text);
            }
        }
        lists_of_values(draft, fields, &mut found);
        for (key, is_list) in
            [("set", false), ("set_list", true), ("set_sensitive", false), ("set_wo", false)]
        {
            for item in listed(fields.take(key)) {
                set(draft, &mut found, &format!("{place}.{key}"), item, is_list);
            }
        }
        if let Some(dynamic) = fields.said("dynamic") {
            let text =
                format!("what it repeats is not known here: `{}`", readable(&shown(&dynamic)));
            draft.unknown(&fields.at("dynamic"), &text);
        }
        if is_module {
            for (key, _) in fields.rest() {
                draft.say(Weight::Note, &format!("{place}.{key}"), "it is the module's, and stays as it is; what it does to the values is not known here");
            }
        }
    });
    let mut found = Value::Object(found);
    let mut computed = Vec::new();
    take_out(&mut found, "", &|text| text.contains(COMPUTED), &mut computed);
    for (place, text) in computed {
        draft.elsewhere(&format!("{}: {}", readable(&place), readable(&text)));
    }
    match found {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Takes `values`: texts of YAML, and what `yamlencode` makes such texts of; the later ones count.
fn lists_of_values(draft: &mut Draft, fields: &mut Fields, found: &mut Map<String, Value>) {
    let place = fields.at("values");
    for item in listed(fields.take("values")) {
        match item {
            Value::Object(map) => merge(found, map),
            Value::String(text) if is_wholly_computed(&text) => draft.elsewhere(&readable(&text)),
            Value::String(text) => {
                let map = yaml(draft, &place, &text);
                merge(found, map);
            }
            Value::Null => {}
            other => draft
                .unknown(&place, &format!("it is no text of YAML: `{}`", readable(&shown(&other)))),
        }
    }
}

fn listed(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(value) => vec![value],
    }
}

fn set(draft: &mut Draft, found: &mut Map<String, Value>, place: &str, item: Value, is_list: bool) {
    if !item.is_object() {
        return draft.elsewhere(&format!("{place}: {}", readable(&shown(&item))));
    }
    each(draft, place, Some(item), ATTRIBUTE, |draft, fields| {
        let (name, value) =
            (fields.take("name"), fields.take("value").or_else(|| fields.take("value_wo")));
        let kind = fields.text(draft, "type").unwrap_or_default();
        fields.pass(&["value_wo_version"]);
        let Some(Value::String(name)) = name else {
            return draft.unknown(
                place,
                &format!("it has no name: `{}`", readable(&shown(&value.unwrap_or_default()))),
            );
        };
        if name.contains(COMPUTED) {
            return draft.elsewhere(&format!("{place}: {}", readable(&name)));
        }
        match value {
            None => paths::set(found, &name, "", true),
            Some(Value::Array(items)) if is_list => {
                paths::put_at(found, &name, Value::Array(items));
            }
            Some(Value::String(text)) if text.contains(COMPUTED) => {
                draft.elsewhere(&format!("{name}: {}", readable(&text)));
            }
            Some(value @ (Value::String(_) | Value::Bool(_) | Value::Number(_))) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                if kind == "literal" {
                    return paths::put_at(found, &name, json!(text));
                }
                for part in paths::assignments(&format!("{name}={text}")) {
                    match part {
                        Ok((path, value)) => paths::set(found, &path, &value, kind == "string"),
                        Err(part) => draft.unknown(&name, &format!("a comma begins another value for helm, and `{part}` is none: write `\\\\,`")),
                    }
                }
            }
            Some(value) => paths::put_at(found, &name, value),
        }
    });
}

fn is_wholly_computed(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.starts_with(COMPUTED[0])
        && trimmed.ends_with(COMPUTED[1])
        && trimmed.matches(COMPUTED[0]).count() == 1
}

fn readable(text: &str) -> String {
    text.replace(COMPUTED[0], "${").replace(COMPUTED[1], "}")
}

fn computed(what: &str) -> Value {
    json!(marked(what))
}

fn marked(what: &str) -> String {
    format!("{}{what}{}", COMPUTED[0], COMPUTED[1])
}

/// The `local` values of a text, by name.
struct Locals<'a>(BTreeMap<&'a str, &'a Expression>);

impl<'a> Locals<'a> {
    fn of(body: &'a Body) -> Self {
        let blocks = body.blocks.iter().filter(|block| block.name == "locals");
        let all = blocks.flat_map(|block| &block.body.attributes);
        Self(all.map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// Returns a body as a map: blocks of one name are a list.
    fn body(&self, body: &Body) -> Map<String, Value> {
        let mut map = Map::new();
        for (name, value) in &body.attributes {
            map.insert(name.clone(), self.value(value, DEPTH));
        }
        for block in &body.blocks {
            let inner = Value::Object(self.body(&block.body));
            let inner = block
                .labels
                .iter()
                .rev()
                .fold(inner, |inner, label| json!({ label.as_str(): inner }));
            let list = map.entry(block.name.as_str()).or_insert_with(|| json!([]));
            if let Value::Array(items) = list {
                items.push(inner);
            }
        }
        map
    }

    /// Returns a value; what is computed is a text between two marks.
    fn value(&self, expression: &Expression, depth: usize) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return computed("…") };
        match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Text(pieces) => json!(self.text(pieces, depth)),
            Expression::List(items) => items.iter().map(|item| self.value(item, depth)).collect(),
            Expression::Map(pairs) => {
                let pair = |(key, value): &(Expression, Expression)| {
                    let key = match self.value(key, depth) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    (key, self.value(value, depth))
                };
                Value::Object(pairs.iter().map(pair).collect())
            }
            Expression::Path(path) => {
                self.local(path, depth).unwrap_or_else(|| computed(&path.join(".")))
            }
            Expression::Call { name, given, text } => {
                let given: Vec<Value> =
                    given.iter().map(|value| self.value(value, depth)).collect();
                call(name, &given).unwrap_or_else(|| computed(text))
            }
            Expression::Computed(text) => computed(text),
        }
    }

    fn text(&self, pieces: &[Piece], depth: usize) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Inner(inner) => match self.value(inner, depth) {
                Value::String(text) => text,
                value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
                value @ (Value::Null | Value::Array(_) | Value::Object(_)) => {
                    marked(&value.to_string())
                }
            },
        };
        pieces.iter().map(piece).collect()
    }

    /// Returns a `local` value; `None` for a name of another kind, and for one that is not here.
    fn local(&self, path: &[String], depth: usize) -> Option<Value> {
        let (root, rest) = path.split_first()?;
        let (name, inner) = rest.split_first()?;
        let expression = self.0.get(name.as_str()).filter(|_| root == "local")?;
        let value = self.value(expression, depth);
        inner.iter().try_fold(&value, |value, key| value.get(key)).cloned()
    }
}

/// Functions whose result, as values of a chart, is what they are given.
const SAME: [&str; 10] = [
    "yamlencode",
    "jsonencode",
    "tostring",
    "tobool",
    "tonumber",
    "tolist",
    "toset",
    "tomap",
    "sensitive",
    "nonsensitive",
];

/// Returns what a function makes of values; `None` for one that is not known here.
fn call(name: &str, given: &[Value]) -> Option<Value> {
    match (name, given) {
        (name, [value]) if SAME.contains(&name) => Some(value.clone()),
        ("merge", maps) if maps.iter().all(Value::is_object) => {
            let pairs = maps.iter().filter_map(Value::as_object).flatten();
            Some(Value::Object(pairs.map(|(key, value)| (key.clone(), value.clone())).collect()))
        }
        ("concat", lists) if lists.iter().all(Value::is_array) => {
            Some(lists.iter().filter_map(Value::as_array).flatten().cloned().collect())
        }
        _ => None,
    }
}
