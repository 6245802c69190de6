//! Which program has which variables, where arguments and other variables refer to them as `$(NAME)`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::flags;
use super::Draft;

impl Draft {
    /// Gives each program the variables that its arguments refer to, and tells of `$(NAME)` for which there is none.
    ///
    /// Kubernetes fills it in, and leaves it as it is where there is none of that name ([expansion]).
    ///
    /// [expansion]: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    pub(super) fn variables_that_are_not_there(&mut self) {
        let (controller, provider) = flags::arguments(&self.assembled());
        let (of_controller, of_provider) = (references(&controller), references(&provider));
        if self.is_split() {
            self.hand_over(&of_controller, &of_provider);
        }
        let mut missing = Vec::new();
        for (found, place) in [(of_controller, &[][..]), (of_provider, &["provider", "webhook"])] {
            let at = |key| [place, &[key][..]].concat();
            if self.get(&at("envFrom")).is_some() {
                continue;
            }
            let env = self.env(&at("env"));
            let names: HashSet<&str> = env.iter().filter_map(called).collect();
            let is_there = |name: &str| names.contains(name) || is_everywhere(name);
            let of_env = env.iter().flat_map(references_of);
            missing.extend(found.into_iter().chain(of_env).filter(|(name, _)| !is_there(name)));
        }
        for (name, word) in missing {
            // The program would end with an owner id that nothing fills in.
            if word.starts_with("--txt-owner-id=") {
                self.set(&["txtOwnerId"], json!("CHANGE-ME"));
            }
            if word.starts_with("--migrate-from-txt-owner=") {
                self.extra.remove("migrate-from-txt-owner");
            }
            let word = external_dns_webhook::shortened(&word, MOST_SHOWN);
            self.unknown(
                &format!("$({name})"),
                &format!("a variable fills it in, and the container has none of this name: write what it says into `{word}`"),
            );
        }
    }

    fn env(&self, path: &[&str]) -> Vec<Value> {
        self.get(path).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Gives each program the variables that its arguments and its variables refer to, with those that
    /// these refer to, each behind those: a variable sees only what stands before it.
    fn hand_over(&mut self, of_controller: &[Reference], of_provider: &[Reference]) {
        let at_provider = ["provider", "webhook", "env"];
        let (own, theirs) = (self.env(&["env"]), self.env(&at_provider));
        let all = Referring::of(own.iter().chain(&theirs));
        let names = |found: &[Reference]| -> Vec<String> {
            found.iter().map(|(name, _)| name.clone()).collect()
        };
        let of_theirs: HashSet<&str> = theirs.iter().filter_map(called).collect();
        let provider_needs =
            all.needed(names(of_provider).into_iter().chain(owned(&of_theirs)).collect());
        let is_needed = |needs: &BTreeSet<String>, variable: &Value| {
            called(variable).is_some_and(|name| needs.contains(name))
        };
        let has_unnamed = theirs.iter().any(|other| called(other).is_none());
        let is_theirs = |variable: &Value| match called(variable) {
            Some(name) => of_theirs.contains(name),
            None => has_unnamed,
        };
        let is_kept =
            |variable: &&Value| is_theirs(variable) || !is_needed(&provider_needs, variable);
        let kept = own.iter().filter(is_kept).filter_map(called).map(str::to_owned);
        let controller_needs = all.needed(names(of_controller).into_iter().chain(kept).collect());
        let pick = |needs: &BTreeSet<String>, first: &[Value], then: &[Value]| {
            let mut seen = HashSet::new();
            let picked = first.iter().chain(then).filter(|variable| {
                is_needed(needs, variable)
                    && called(variable).is_some_and(|name| seen.insert(name.to_owned()))
            });
            referred_first(picked.cloned().collect())
        };
        for (path, env) in [
            (&["env"][..], pick(&controller_needs, &own, &theirs)),
            (&at_provider, pick(&provider_needs, &theirs, &own)),
        ] {
            if env.is_empty() {
                self.take_out(path);
            } else {
                self.set(path, Value::Array(env));
            }
        }
    }
}

/// How many letters of a word are shown that may be very long.
const MOST_SHOWN: usize = 400;

/// The name in a `$(NAME)`, and what it stands in.
type Reference = (String, Rc<str>);

fn owned<'a>(names: &'a HashSet<&'a str>) -> impl Iterator<Item = String> + 'a {
    names.iter().map(|name| (*name).to_owned())
}

fn called(variable: &Value) -> Option<&str> {
    variable.get("name").and_then(Value::as_str)
}

/// Tells whether every container has a variable of this name ([environment]).
///
/// [environment]: https://kubernetes.io/docs/concepts/containers/container-environment/
fn is_everywhere(name: &str) -> bool {
    name.starts_with("KUBERNETES_SERVICE_") || name.starts_with("KUBERNETES_PORT")
}

/// Returns what the value of a variable refers to, with the variable.
fn references_of(variable: &Value) -> Vec<Reference> {
    let value = variable.get("value").and_then(Value::as_str).unwrap_or_default();
    let name = called(variable).unwrap_or_default();
    let found = names_in(value);
    if found.is_empty() {
        return Vec::new();
    }
    let shown: Rc<str> = format!("{name}={value}").into();
    found.into_iter().map(|other| (other.to_owned(), Rc::clone(&shown))).collect()
}

/// Which variables those of each name refer to.
struct Referring(HashMap<String, Vec<String>>);

impl Referring {
    fn of<'a>(variables: impl Iterator<Item = &'a Value>) -> Self {
        let mut all: HashMap<String, Vec<String>> = HashMap::new();
        for variable in variables {
            let Some(name) = called(variable) else { continue };
            let referred = references_of(variable).into_iter().map(|(other, _)| other);
            all.entry(name.to_owned()).or_default().extend(referred);
        }
        Self(all)
    }

    /// Returns `names`, and all that variables of these names refer to.
    fn needed(&self, names: Vec<String>) -> BTreeSet<String> {
        let (mut all, mut rest) = (BTreeSet::new(), names);
        while let Some(name) = rest.pop() {
            if !all.contains(&name) {
                rest.extend(self.0.get(&name).into_iter().flatten().cloned());
                let _ = all.insert(name);
            }
        }
        all
    }
}

/// Returns variables, each of a name of its own, in their order, but each behind those that it refers to.
fn referred_first(variables: Vec<Value>) -> Vec<Value> {
    let places = variables.iter().enumerate();
    let places: HashMap<&str, usize> =
        places.filter_map(|(at, variable)| Some((called(variable)?, at))).collect();
    // How many others each waits for, and which wait for it.
    let mut waits = vec![0_usize; variables.len()];
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); variables.len()];
    for (at, variable) in variables.iter().enumerate() {
        let referred: BTreeSet<usize> = references_of(variable)
            .iter()
            .filter_map(|(name, _)| places.get(name.as_str()).copied())
            .filter(|other| *other != at)
            .collect();
        if let Some(count) = waits.get_mut(at) {
            *count = referred.len();
        }
        for other in referred {
            if let Some(waiting) = waiting.get_mut(other) {
                waiting.push(at);
            }
        }
    }
    let is_ready = |waits: &[usize], at: usize| waits.get(at) == Some(&0);
    let mut ready: Vec<usize> = (0..variables.len()).filter(|at| is_ready(&waits, *at)).collect();
    let mut order: Vec<usize> = Vec::new();
    while !ready.is_empty() {
        let mut next = Vec::new();
        for other in ready.iter().filter_map(|at| waiting.get(*at)).flatten().copied() {
            if let Some(count) = waits.get_mut(other) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    next.push(other);
                }
            }
        }
        order.extend(std::mem::take(&mut ready));
        next.sort_unstable();
        ready = next;
    }
    // The others refer to each other, so no order is better than theirs.
    order.extend((0..variables.len()).filter(|at| !is_ready(&waits, *at)));
    let mut variables: Vec<Option<Value>> = variables.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| variables.get_mut(at)?.take()).collect()
}

/// Returns each `$(NAME)` in words, with the word.
fn references(words: &[String]) -> Vec<Reference> {
    let mut found = Vec::new();
    for word in words {
        let names = names_in(word);
        if names.is_empty() {
            continue;
        }
        let shown: Rc<str> = word.as_str().into();
        found.extend(names.into_iter().map(|name| (name.to_owned(), Rc::clone(&shown))));
    }
    found
}

/// Returns the names in the `$(NAME)` of a text; of two of the sign together none begins one.
fn names_in(text: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
            continue;
        }
        rest = after;
        let Some(inner) = after.strip_prefix('(') else { continue };
        let end = inner.find(|letter| !is_part(letter)).unwrap_or(inner.len());
        let (name, behind) = inner.split_at_checked(end).unwrap_or_default();
        if behind.starts_with(')') && !name.is_empty() {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_behind_those_that_they_refer_to_and_else_as_they_stood() {
        let variable = |(name, value): &(&str, &str)| json!({"name": name, "value": value});
        let sorted = |all: &[(&str, &str)]| -> Vec<String> {
            let sorted = referred_first(all.iter().map(variable).collect());
            sorted.iter().filter_map(called).map(str::to_owned).collect()
        };
        assert_eq!(
            sorted(&[("A", "$(C)$(B)"), ("B", "$(C)"), ("D", "x"), ("C", "$(C)$$(A)")]),
            ["D", "C", "B", "A"]
        );
        assert_eq!(
            sorted(&[("A", "$(B)"), ("B", "$(A)"), ("C", "$(A)"), ("D", "")]),
            ["D", "A", "B", "C"]
        );
        assert_eq!(names_in("$$(A) $(B)$(C-D) $(E $((F) $(G)"), ["B", "G"]);
    }
}
