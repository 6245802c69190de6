//! What there is to say when all of an installation is known, and what is never to begin by itself.

use serde_json::{Value, json};

use super::super::fields::take_out;
use super::super::{Conversion, Remark, Weight, flags, name_servers};
use super::{Draft, Origin};

impl Draft {
    /// Returns what became of it.
    pub(in super::super) fn finish(mut self) -> Conversion {
        name_servers::finish(&mut self);
        self.sources();
        self.owner_and_policy();
        self.variables_that_are_not_there();
        self.delete_only_when_whole();
        self.namespaces();
        self.what_comes_alive();
        if !self.provider.is_empty() {
            if self.is_aws() {
                let words = self.provider.iter().cloned().map(Value::String);
                let words: Vec<_> = words.collect();
                self.push(&["provider", "webhook", "args"], words);
            } else {
                let name = self.provider_name.clone().unwrap_or_default();
                for word in std::mem::take(&mut self.provider) {
                    let text = format!(
                        "it is about Route 53, and the provider is `{name}`; it is left out"
                    );
                    self.say(Weight::Note, &word, text);
                }
            }
        }
        if !self.extra.is_empty() {
            let extra = std::mem::take(&mut self.extra);
            self.values.insert("extraArgs".to_owned(), Value::Object(extra));
        }
        self.what_is_filled_in();
        let (controller, provider) = flags::arguments(&self.values);
        let by_variable = self.is_by_variable("policy").then(|| "--policy=upsert-only".to_owned());
        let all: Vec<String> = controller.iter().cloned().chain(by_variable).collect();
        if let Some(wrong) = flags::refused(&all) {
            self.say(Weight::Refused, "all flags together", wrong);
        }
        Conversion { values: self.values, controller, provider, remarks: self.remarks }
    }

    /// Leaves sources to what gives them, which the chart's own would override.
    fn sources(&mut self) {
        let is_elsewhere = self.is_by_variable("source") || self.values.contains_key("envFrom");
        if self.origin == Origin::Program && is_elsewhere && self.get(&["sources"]).is_none() {
            self.set(&["sources"], json!([]));
        }
    }

    /// Sees to it that what was taken in part deletes nothing: a source, a filter or an owner that is
    /// missing makes records look as if nothing wanted them, or brings others into reach.
    fn delete_only_when_whole(&mut self) {
        let is_whole = !self.is_partly_unknown
            && !self.remarks.iter().any(|remark| remark.weight == Weight::Refused);
        let policy = self.get(&["policy"]).and_then(Value::as_str).unwrap_or_default();
        let deletes = policy == "sync"
            || policy.contains("delete")
            || self.extra.get("policy").is_some_and(|policy| policy.to_string().contains("delete"))
            // What a variable says is not known here.
            || self.is_by_variable("policy") && !self.values.contains_key("policy");
        if is_whole || !deletes {
            return;
        }
        self.extra.remove("policy");
        self.set(&["policy"], json!("upsert-only"));
        self.say(
            Weight::Changed,
            "policy",
            "not all of the installation could be taken, and what is missing would be deleted or come \
             into reach, so `upsert-only` is written; put the policy that was there back when `signpost \
             plan` shows no deletion that is not meant",
        );
    }

    /// Tells of `$(NAME)` in arguments for which the container has no variable any more.
    ///
    /// Kubernetes fills it in, and leaves it as it is where there is none of that name ([expansion]).
    ///
    /// [expansion]: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    fn variables_that_are_not_there(&mut self) {
        let of_controller = [&["env"][..], &["envFrom"]];
        let of_provider =
            [&["provider", "webhook", "env"][..], &["provider", "webhook", "envFrom"]];
        let (controller, provider) = {
            let mut values = self.values.clone();
            values.insert("extraArgs".to_owned(), Value::Object(self.extra.clone()));
            flags::arguments(&values)
        };
        let provider = provider.into_iter().chain(self.provider.iter().cloned());
        let mut missing = Vec::new();
        for (words, [env, from]) in
            [(controller, of_controller), (provider.collect::<Vec<_>>(), of_provider)]
        {
            if self.get(from).is_some() {
                continue;
            }
            let named = |name: &str| {
                let env = self.get(env).and_then(Value::as_array).into_iter().flatten();
                env.into_iter().any(|variable| variable.get("name").is_some_and(|is| is == name))
            };
            for word in &words {
                for part in word.split("$(").skip(1) {
                    let name = part.split(')').next().unwrap_or_default();
                    let is_name =
                        name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                    if part.contains(')') && is_name && !name.is_empty() && !named(name) {
                        missing.push((format!("$({name})"), word.clone()));
                    }
                }
            }
        }
        for (place, word) in missing {
            self.unknown(
                &place,
                &format!("a variable fills it in, and the container has none of this name: write what it says into `{word}`"),
            );
        }
    }

    /// Tells of texts that something fills in before Kubernetes sees them, such as Flux or `envsubst`.
    fn what_is_filled_in(&mut self) {
        let mut values = Value::Object(self.values.clone());
        let mut found = Vec::new();
        take_out(&mut values, "", &|text| has_place(text), &mut found);
        for (place, text) in found {
            self.say(
                Weight::Changed,
                &place,
                format!("`{text}` stands in the values as it was: whatever fills it in has to do so here, too"),
            );
        }
    }

    /// Lets a chart that makes Roles read what no namespace holds, as the other chart does.
    fn namespaces(&mut self) {
        let is_limited = self.get(&["namespaced"]) == Some(&json!(true))
            || self
                .get(&["sourceNamespaces"])
                .and_then(Value::as_array)
                .is_some_and(|names| !names.is_empty());
        let sources = self.get(&["sources"]).and_then(Value::as_array).cloned().unwrap_or_default();
        let is_wide = |source: &Value| {
            source.as_str().is_some_and(|name| name.starts_with("gateway-") || name == "node")
        };
        if is_limited
            && sources.iter().any(is_wide)
            && self.get(&["rbac", "create"]) != Some(&json!(false))
        {
            self.set(&["rbac", "clusterRole"], json!(true));
        }
    }

    /// Says what no text can show: annotations of objects that were passed over and count here.
    fn what_comes_alive(&mut self) {
        let sources = self.get(&["sources"]).and_then(Value::as_array).cloned().unwrap_or_default();
        if sources.iter().filter_map(Value::as_str).any(|name| name.starts_with("gateway-")) {
            self.say(
                Weight::Note,
                "sources",
                "annotations that ExternalDNS passes over on routes and Gateways count here, such as `target` on a \
                 route: `signpost plan`, which writes nothing, shows each name that would change; \
                 docs/migrating.md says what to do",
            );
        }
    }

    /// Tells whether a variable sets a flag, whose value stands elsewhere, such as in a Secret.
    fn is_by_variable(&self, flag: &str) -> bool {
        let name = format!("EXTERNAL_DNS_{}", flag.to_uppercase().replace('-', "_"));
        let mut env = self.get(&["env"]).and_then(Value::as_array).into_iter().flatten();
        env.any(|variable| variable.get("name").is_some_and(|given| *given == name))
    }

    /// Tells whether a setting may have been given although it is not there: refused, or out of sight.
    fn is_in_doubt(&self, key: &str, flag: &str) -> bool {
        let variable = format!("EXTERNAL_DNS_{}", flag.to_uppercase().replace('-', "_"));
        let places = [key.to_owned(), format!("--{flag}"), variable, format!("extraArgs.{flag}")];
        let is_about =
            |remark: &Remark| remark.weight == Weight::Refused && places.contains(&remark.place);
        // Variables of a whole ConfigMap or Secret are not seen here.
        let is_partly_unknown = self.is_partly_unknown || self.values.contains_key("envFrom");
        is_partly_unknown || self.remarks.iter().any(is_about)
    }

    /// Says what the program or the chart would have taken by default, where the default is no other here.
    fn owner_and_policy(&mut self) {
        let is_said = self.values.contains_key("policy") || self.extra.contains_key("policy");
        if !is_said && !self.is_by_variable("policy") {
            // What is not known must not begin to delete.
            let is_in_doubt = self.is_in_doubt("policy", "policy");
            let (policy, whose) = match self.origin {
                _ if is_in_doubt => ("upsert-only", "it never deletes; look up what it was"),
                Origin::Program => (
                    "sync",
                    "it is what there was: the program ExternalDNS did so without the flag, up to v0.21",
                ),
                Origin::Chart => (
                    "upsert-only",
                    "it is what there was: ExternalDNS's charts did so without the key, up to 1.21, and so does \
                     Bitnami's",
                ),
            };
            self.set(&["policy"], json!(policy));
            let text =
                format!("nothing that can be taken was said, and `{policy}` is written: {whose}");
            self.say(Weight::Note, "policy", text);
        }
        let policy = self.get(&["policy"]).and_then(Value::as_str).unwrap_or_default();
        let deletes = policy == "sync" || policy.contains("delete");
        let keeps_none = self.get(&["registry"]).is_some_and(|registry| registry == "noop");
        let is_named = self.values.contains_key("txtOwnerId")
            || self.extra.contains_key("txt-owner-id")
            || self.is_by_variable("txt-owner-id");
        if !is_named && !keeps_none && self.is_in_doubt("txtOwnerId", "txt-owner-id") {
            self.set(&["txtOwnerId"], json!("CHANGE-ME"));
            let text = "it is not known here: write the one that marks the records that there are";
            self.say(Weight::Refused, "txtOwnerId", text);
        }
        let owner = self.get(&["txtOwnerId"]).and_then(Value::as_str).unwrap_or("default");
        let is_default = owner == "default" && !self.is_by_variable("txt-owner-id");
        if deletes && !keeps_none && is_default {
            self.set(&["txtOwnerId"], json!("default"));
            self.extra.insert("allow-default-owner".to_owned(), json!(true));
            self.say(
                Weight::Note,
                "txtOwnerId",
                "nothing was said, and `default` is what its records are marked with; it is kept by \
                 `allow-default-owner`. Better choose a name of its own and take over what is \
                 desired with extraArgs `migrate-from-txt-owner: default`: another installation \
                 that never chose one would share the records",
            );
        }
        if keeps_none && deletes && !self.extra.contains_key("allow-unowned-changes") {
            self.say(
                Weight::Changed,
                "registry",
                "with `noop` nobody knows whose a record is, so nothing is updated or deleted here; \
                 ExternalDNS changes every record of a name that is asked for. To go on like that, add \
                 extraArgs `allow-unowned-changes: true`; better keep ownership with `registry: txt` and \
                 `signpost ownership adopt`",
            );
        }
    }
}

/// Tells whether a text has a `${NAME}`.
fn has_place(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let name = rest.split(['}', ':', '-', '=']).next().unwrap_or_default();
        rest.contains('}')
            && !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}
