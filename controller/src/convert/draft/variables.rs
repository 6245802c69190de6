//! Which program has which variables, where arguments and other variables refer to them as `$(NAME)`.

use std::collections::BTreeSet;

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
            let is_there = |name: &str| {
                env.iter().any(|variable| is_called(variable, name)) || is_everywhere(name)
            };
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
    fn hand_over(&mut self, of_controller: &[(String, String)], of_provider: &[(String, String)]) {
        let at_provider = ["provider", "webhook", "env"];
        let (own, theirs) = (self.env(&["env"]), self.env(&at_provider));
        let all: Vec<_> = own.iter().chain(&theirs).cloned().collect();
        let names = |found: &[(String, String)]| {
            found.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let provider_needs = with_referred(
            names(of_provider).into_iter().chain(theirs.iter().filter_map(called)).collect(),
            &all,
        );
        let is_needed = |needs: &BTreeSet<String>, variable: &Value| {
            called(variable).is_some_and(|name| needs.contains(&name))
        };
        let is_theirs =
            |variable: &Value| theirs.iter().any(|other| called(other) == called(variable));
        let is_kept =
            |variable: &&Value| is_theirs(variable) || !is_needed(&provider_needs, variable);
        let kept = own.iter().filter(is_kept);
        let controller_needs = with_referred(
            names(of_controller).into_iter().chain(kept.filter_map(called)).collect(),
            &all,
        );
        let pick = |needs: &BTreeSet<String>, first: &[Value], then: &[Value]| {
            let mut picked: Vec<Value> = Vec::new();
            for variable in first.iter().chain(then).filter(|variable| is_needed(needs, variable)) {
                let name = called(variable);
                if !picked.iter().any(|other| called(other) == name) {
                    picked.push(variable.clone());
                }
            }
            referred_first(picked)
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

fn is_called(variable: &Value, name: &str) -> bool {
    variable.get("name").is_some_and(|given| given == name)
}

fn called(variable: &Value) -> Option<String> {
    variable.get("name").and_then(Value::as_str).map(str::to_owned)
}

/// Tells whether every container has a variable of this name ([environment]).
///
/// [environment]: https://kubernetes.io/docs/concepts/containers/container-environment/
fn is_everywhere(name: &str) -> bool {
    name.starts_with("KUBERNETES_SERVICE_") || name.starts_with("KUBERNETES_PORT")
}

/// Returns what the value of a variable refers to, with the variable.
fn references_of(variable: &Value) -> Vec<(String, String)> {
    let value = variable.get("value").and_then(Value::as_str).unwrap_or_default();
    let name = called(variable).unwrap_or_default();
    let found = references(&[value.to_owned()]).into_iter();
    found.map(|(other, _)| (other, format!("{name}={value}"))).collect()
}

/// Returns `names`, and all that variables of these names refer to.
fn with_referred(names: Vec<String>, variables: &[Value]) -> BTreeSet<String> {
    let (mut all, mut rest) = (BTreeSet::new(), names);
    while let Some(name) = rest.pop() {
        let of_name = variables.iter().filter(|variable| is_called(variable, &name));
        let referred: Vec<_> = of_name.flat_map(references_of).map(|(other, _)| other).collect();
        if all.insert(name) {
            rest.extend(referred);
        }
    }
    all
}

/// Returns variables in their order, but each behind those that it refers to.
fn referred_first(variables: Vec<Value>) -> Vec<Value> {
    let (mut sorted, mut rest): (Vec<Value>, _) = (Vec::new(), variables);
    loop {
        let waits = |variable: &Value, rest: &[Value]| {
            let referred = references_of(variable);
            let is_waited_for = |other: &&Value| {
                *other != variable && referred.iter().any(|(name, _)| is_called(other, name))
            };
            rest.iter().any(|other| is_waited_for(&other))
        };
        let (later, ready): (Vec<_>, Vec<_>) =
            rest.iter().cloned().partition(|variable| waits(variable, &rest));
        if ready.is_empty() {
            // They refer to each other, so no order is better than theirs.
            sorted.extend(later);
            return sorted;
        }
        sorted.extend(ready);
        rest = later;
    }
}

/// Returns each `$(NAME)` in words, with the word.
fn references(words: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for word in words {
        // Two of the sign stand for one.
        for part in word.replace("$$", "").split("$(").skip(1) {
            let Some((name, _)) = part.split_once(')') else { continue };
            let is_name =
                name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
            if is_name && !name.is_empty() {
                found.push((name.to_owned(), word.clone()));
            }
        }
    }
    found
}
