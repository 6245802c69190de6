//! What the expressions of a text are, as far as they are written out in it.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::hcl::{Body, Expression, Piece};

/// What stands before and after the name of something computed; no text of people has them.
pub(super) const COMPUTED: [char; 2] = ['\u{e000}', '\u{e001}'];

/// How deep `local` values may refer to others.
const DEPTH: usize = 16;

pub(super) fn is_wholly_computed(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.starts_with(COMPUTED[0])
        && trimmed.ends_with(COMPUTED[1])
        && trimmed.matches(COMPUTED[0]).count() == 1
}

pub(super) fn readable(text: &str) -> String {
    text.replace(COMPUTED[0], "${").replace(COMPUTED[1], "}")
}

fn computed(what: &str) -> Value {
    json!(marked(what))
}

fn marked(what: &str) -> String {
    format!("{}{what}{}", COMPUTED[0], COMPUTED[1])
}

/// The `local` values of a text, by name.
pub(super) struct Locals<'a> {
    all: BTreeMap<&'a str, &'a Expression>,
    /// How many values and bytes were made of references to them.
    made: Cell<usize>,
}

/// How many values and bytes are made of references: of those that stand in each other there is no end.
const MOST_MADE: usize = 16 << 20;

impl<'a> Locals<'a> {
    pub(super) fn of(body: &'a Body) -> Self {
        let blocks = body.blocks.iter().filter(|block| block.name == "locals");
        let all = blocks.flat_map(|block| &block.body.attributes);
        let all = all.map(|(name, value)| (name.as_str(), value)).collect();
        Self { all, made: Cell::default() }
    }

    /// Returns a body as a map: blocks of one name are a list.
    pub(super) fn body(&self, body: &Body) -> Map<String, Value> {
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
        let expression = self.all.get(name.as_str()).filter(|_| root == "local")?;
        if self.made.get() > MOST_MADE {
            return None;
        }
        let value = self.value(expression, depth);
        self.made.set(self.made.get().saturating_add(size(&value)));
        inner.iter().try_fold(&value, |value, key| value.get(key)).cloned()
    }
}

/// Returns how many values are in one, with the bytes of their texts.
fn size(value: &Value) -> usize {
    let below: usize = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
    };
    below.saturating_add(1)
}

/// Functions whose result, as values of a chart, is what they are given.
const SAME: [&str; 11] = [
    "compact",
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
        ("flatten", [Value::Array(lists)]) => {
            let items = lists.iter().flat_map(|list| match list {
                Value::Array(items) => items.clone(),
                other => vec![other.clone()],
            });
            Some(items.collect())
        }
        _ => None,
    }
}
