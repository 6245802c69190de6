//! Makefiles: each line of a recipe is a script of its own, into which make fills in variables first ([recipes]).
//!
//! A call of make may set any of them, and so what is around a line is never all of it.
//!
//! [recipes]: https://www.gnu.org/software/make/manual/html_node/Variables-in-Recipes.html

use std::collections::BTreeMap;

use super::{ENOUGH, Scope, Start, Wording, script};

/// Reads a Makefile; nothing is found in any other text.
pub(super) fn read(text: &str) -> Vec<Start> {
    let joined = text.replace("\\\n", " ");
    let is_rule = |line: &str| {
        line.starts_with(|letter: char| letter.is_alphanumeric() || letter == '.')
            && line.split_once(':').is_some_and(|(_, rest)| !rest.starts_with('='))
    };
    let has_recipes = joined
        .lines()
        .zip(joined.lines().skip(1))
        .any(|(line, next)| is_rule(line) && next.starts_with('\t'));
    if !has_recipes {
        return Vec::new();
    }
    let mut variables: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut scope = Scope::default();
    for line in joined.lines().filter(|line| !line.starts_with('\t')) {
        let (is_exported, line) = match line.strip_prefix("export ") {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        let Some((name, value)) = line.split_once('=') else {
            if is_exported && script::is_name(line) {
                let value = variables.get(line).cloned().flatten();
                let open = || Wording::Open(format!("$({line})"));
                scope.set(line, value.map_or_else(open, Wording::Known), true);
            }
            continue;
        };
        let is_default = name.trim_end().ends_with('?');
        let name = name.trim_end_matches([':', '?', '+', '!', ' ']);
        if !script::is_name(name) {
            continue;
        }
        let value = value.split(" #").next().unwrap_or_default().trim().to_owned();
        // What is set twice hangs on where it is looked at.
        let is_plain = !value.contains('$') && !is_default && !variables.contains_key(name);
        let value = is_plain.then_some(value);
        if is_exported {
            let open = || Wording::Open(format!("$({name})"));
            scope.set(name, value.clone().map_or_else(open, Wording::Known), true);
        }
        variables.insert(name.to_owned(), value);
    }
    let mut found = Vec::new();
    for line in joined.lines().filter_map(|line| line.strip_prefix('\t')) {
        let line = filled(line.trim_start_matches(['@', '-', '+', ' ']), &variables);
        // Each line has a shell of its own.
        if found.len() >= ENOUGH || !line.contains("external-dns") {
            continue;
        }
        for mut start in script::read(&line, &scope, 0) {
            start.beside("the Makefile, and what make is called with");
            found.push(start);
        }
    }
    found
}

/// Returns a line of a recipe as a shell gets it, as far as it is known.
fn filled(line: &str, variables: &BTreeMap<String, Option<String>>) -> String {
    let (mut made, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once('$') {
        made.push_str(before);
        rest = after;
        let end = [('(', ')'), ('{', '}')].into_iter().find_map(|(open, close)| {
            let inner = rest.strip_prefix(open)?;
            let (name, _) = inner.split_at_checked(inner.find(['$', ')', '}'])?)?;
            let after = inner.strip_prefix(name)?.strip_prefix(close)?;
            Some((variables.get(name)?.as_ref()?, after))
        });
        if let Some((value, after)) = end {
            made.push_str(value);
            rest = after;
        } else {
            made.push('$');
            // Two of the sign stand for one.
            rest = rest.strip_prefix('$').unwrap_or(rest);
        }
    }
    made + rest
}
