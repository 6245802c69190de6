//! The part of `JSONPath` that column definitions use: `.a.b`, `['a']`, `[0]`, `[*]`, and the filter
//! `[?(@.type=="Ready")]`.

use serde_json::Value;

/// Returns the first value that `path` leads to.
pub(crate) fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('$').unwrap_or(path);
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (inside, rest) = rest.split_once(']')?;
        let step = inside.trim_matches(['\'', '"']);
        let next = match value {
            Value::Array(items) if step == "*" => items.first(),
            Value::Array(items) => match step.strip_prefix("?(@.") {
                Some(filter) => filtered(items, filter),
                None => items.get(step.parse::<usize>().ok()?),
            },
            value => value.get(step),
        };
        return find(next?, rest);
    }
    let path = path.strip_prefix('.').unwrap_or(path);
    // A dot within a name is written with a backslash before it.
    let mut end = path.len();
    let mut escaped = false;
    for (index, letter) in path.char_indices() {
        if !escaped && matches!(letter, '.' | '[') {
            end = index;
            break;
        }
        escaped = letter == '\\';
    }
    let (name, rest) = path.split_at(end);
    find(value.get(name.replace('\\', ""))?, rest)
}

fn filtered<'a>(items: &'a [Value], filter: &str) -> Option<&'a Value> {
    let (field, wanted) = filter.trim_end_matches(')').split_once("==")?;
    let wanted = wanted.trim().trim_matches(['\'', '"']);
    items.iter().find(|item| item.get(field.trim()).and_then(Value::as_str) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_paths_of_well_known_definitions_lead_somewhere() {
        let value = json!({
            "metadata": { "annotations": { "example.com/a": "1" } },
            "spec": { "hosts": ["one", "two"] },
            "status": { "conditions": [
                { "type": "Accepted", "status": "False" },
                { "type": "Ready", "status": "True" },
            ] },
        });
        for (path, found) in [
            (".spec.hosts[1]", Some(json!("two"))),
            (".spec.hosts[*]", Some(json!("one"))),
            (".status.conditions[?(@.type==\"Ready\")].status", Some(json!("True"))),
            (".metadata.annotations.example\\.com/a", Some(json!("1"))),
            (".spec.gone.deep", None),
        ] {
            assert_eq!(find(&value, path).cloned(), found, "{path}");
        }
    }
}
