//! What there is to say when all of an installation is known, and what is never to begin by itself.

use controller_core::registry::{TxtOptions, TxtRegistry};
use serde_json::{Map, Value, json};

use super::super::{Conversion, Remark, Weight, fit, flags, grammar, name_servers, pod, secrets};
use super::{Draft, Origin, open, places, resolved};

impl Draft {
    /// Returns what became of it.
    pub(in super::super) fn finish(mut self) -> Conversion {
        flags::url_of_provider(&mut self);
        name_servers::finish(&mut self);
        pod::provider_beside(&mut self);
        self.sources();
        places::values_of_the_other_chart(&mut self);
        secrets::refer(&mut self);
        fit::fit(&mut self);
        self.exclusion_beside_lists();
        self.owner_that_can_be_spelled();
        self.owner_and_policy();
        self.modes();
        self.words_of_the_provider();
        self.variables_that_are_not_there();
        resolved::resolve(&mut self);
        self.delete_only_when_whole();
        self.namespaces();
        self.account_that_is_there();
        self.what_comes_alive();
        open::hold(&mut self);
        *self.values = self.assembled();
        places::told(&mut self);
        let (controller, provider) = flags::arguments(&self.values);
        let mut remarks = std::mem::take(&mut self.remarks);
        secrets::hide(&self, &mut remarks);
        Conversion { values: self.values.into_map(), controller, provider, remarks }
    }

    /// Returns the values with the flags that have no key of their own.
    pub(super) fn assembled(&self) -> Map<String, Value> {
        let mut values = (*self.values).clone();
        if !self.extra.is_empty() {
            values.insert("extraArgs".to_owned(), Value::Object(self.extra.clone()));
        }
        values
    }

    /// Gives the provider the words that are its, and tells of those that it does not take.
    fn words_of_the_provider(&mut self) {
        let words = std::mem::take(&mut self.provider);
        if !self.is_aws() {
            let name = self.provider_name.clone().unwrap_or_default();
            for word in words {
                let text =
                    format!("it is about Route 53, and the provider is `{name}`; it is left out");
                self.say(Weight::Note, &word, text);
            }
        } else if !words.is_empty() {
            self.push(&["provider", "webhook", "args"], words.into_iter().map(Value::String));
        }
        let path = ["provider", "webhook", "args"];
        let program = if self.is_aws() { "route53-webhook" } else { "rfc2136-webhook" };
        let Some(Value::Array(words)) = self.get(&path).filter(|_| self.is_split()).cloned() else {
            return;
        };
        let words = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (mut taken, refused) = grammar::sorted(program, words);
        for (word, why) in refused {
            let place = word.split('=').next().unwrap_or_default();
            self.say(Weight::Refused, place, format!("{why}; it is left out"));
        }
        let by_variable = self.get(&["provider", "webhook", "env"]).map(Value::to_string);
        let has_role = by_variable
            .is_some_and(|env| env.contains("\"EXTERNAL_DNS_AWS_ASSUME_ROLE\""))
            || self.get(&["provider", "webhook", "envFrom"]).is_some();
        let alone = if has_role { Vec::new() } else { grammar::alone(&mut taken) };
        for (word, why) in alone {
            let place = word.split('=').next().unwrap_or_default();
            self.say(Weight::Note, place, format!("{why}, and is left out"));
        }
        if taken.is_empty() {
            self.take_out(&path);
        } else {
            self.set(&path, json!(taken));
        }
    }

    /// Takes a value out of the map that holds it, and the map if nothing is left in it.
    pub(super) fn take_out(&mut self, path: &[&str]) {
        let Some((last, path)) = path.split_last() else { return };
        let pointer: String = path.iter().flat_map(|key| ["/", *key]).collect();
        let mut values = Value::Object(std::mem::take(&mut *self.values));
        let mut is_left = true;
        if let Some(Value::Object(map)) = values.pointer_mut(&pointer) {
            map.remove(*last);
            is_left = !map.is_empty();
        }
        if let Value::Object(values) = values {
            *self.values = values;
        }
        if !is_left {
            self.take_out(path);
        }
    }

    /// Leaves the account alone that every namespace has: what makes one of its name fails.
    fn account_that_is_there(&mut self) {
        let is_default =
            self.get(&["serviceAccount", "name"]).is_some_and(|name| name == "default");
        let is_made = self.get(&["serviceAccount", "create"]) != Some(&json!(false));
        if is_default && is_made {
            self.set(&["serviceAccount", "create"], json!(false));
            self.say(
                Weight::Changed,
                "serviceAccount.name",
                "every namespace has an account `default`, which no chart can make, so `create: false` is written: the chart gives \
                 that account the rights that it needs, and with it every pod that names no account. Better take one of its own",
            );
        }
    }

    /// Leaves an expression out that would replace lists here, and which ExternalDNS passes over where no other is given.
    fn exclusion_beside_lists(&mut self) {
        let flag = "regex-domain-exclusion";
        let is_list = |key: &&str| {
            self.get(&[*key]).and_then(Value::as_array).is_some_and(|items| !items.is_empty())
        };
        let has_lists = ["domainFilters", "excludeDomains"].iter().any(is_list);
        let is_alone = !self.has_extra("regex-domain-filter")
            && !self.is_by_variable("regex-domain-filter")
            && !self.values.contains_key("envFrom");
        if !has_lists || !is_alone || !self.has_extra(flag) {
            return;
        }
        self.remove_extra(flag);
        let place = self.place_of(flag);
        self.say(
            Weight::Changed,
            &place,
            "ExternalDNS reads it with `--regex-domain-filter` only, and here it would count in place of `domainFilters` and `excludeDomains`: \
             it is left out; write what it means to keep out into `excludeDomains`",
        );
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
            || places::has_place(policy)
            || self.extra.get("policy").is_some_and(|policy| policy.to_string().contains("delete"))
            // What a variable says is not known here.
            || self.is_by_variable("policy") && !self.values.contains_key("policy");
        let is_open = places::decide(self);
        let why = match (is_whole, is_open, self.reads_nothing) {
            _ if !deletes => return,
            (false, ..) => {
                "not all of the installation could be taken, and what is missing would be deleted or come into reach"
            }
            (true, true, _) => {
                "something else fills in what decides on records, and what that says is not known here"
            }
            (true, false, true) => {
                "ExternalDNS reads no current records without `--rfc2136-tsig-axfr`, and so never deleted any"
            }
            (true, false, false) => return,
        };
        self.extra.remove("policy");
        self.set(&["policy"], json!("upsert-only"));
        let text = format!(
            "{why}, so `upsert-only` is written; put the policy that was there back when `signpost plan` shows no \
             deletion that is not meant"
        );
        self.say(Weight::Changed, "policy", text);
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

    /// Takes out an owner that no ownership record can spell, with which the program would not start.
    fn owner_that_can_be_spelled(&mut self) {
        let Some(owner) = self.get(&["txtOwnerId"]).and_then(Value::as_str).map(str::to_owned)
        else {
            return;
        };
        let is_open = places::has_place(&owner)
            || self.origin != Origin::Program && places::has_action(&owner);
        // As the chart fills in what is written out.
        let owner = places::literal(&owner);
        let options = TxtOptions { owner: owner.clone(), ..TxtOptions::default() };
        let Some(wrong) = TxtRegistry::new(options).err().filter(|_| !is_open && !owner.is_empty())
        else {
            return;
        };
        let bare =
            ['"', '\''].iter().find_map(|quote| owner.strip_prefix(*quote)?.strip_suffix(*quote));
        let next = match bare {
            Some(bare) => format!(
                "no shell has taken its quotes away, so they are part of it. An ownership record says what its records \
                 are marked with: `{bare}`, if something else took them away"
            ),
            None => "write what an ownership record says".to_owned(),
        };
        self.remove("txtOwnerId");
        self.unknown("txtOwnerId", &format!("{wrong}; {next}"));
    }

    /// Writes modes of files as the decimal numbers that they are, and tells of decimal ones that look like
    /// octal ones.
    fn modes(&mut self) {
        let mut found = Vec::new();
        let mut values = Value::Object(std::mem::take(&mut *self.values));
        modes_of(&mut values, "", &mut found);
        if let Value::Object(values) = values {
            *self.values = values;
        }
        for (place, mode) in found {
            let octal = format!("0{mode}");
            match u64::from_str_radix(&mode.to_string(), 8) {
                _ if mode > MOST_MODE => {
                    let text = format!(
                        "`{mode}` is decimal, and Kubernetes takes no mode above {MOST_MODE}, which is 0777: write `{octal}`"
                    );
                    self.say(Weight::Refused, &place, text);
                }
                Ok(meant) if LIKE_OCTAL.contains(&mode) => {
                    let text = format!(
                        "`{mode}` is decimal, which is 0{mode:o} in octal, and stays so: for `{octal}` write that, or {meant}"
                    );
                    self.say(Weight::Note, &place, text);
                }
                _ => {}
            }
        }
    }

    /// Tells whether a variable sets a flag, whose value stands elsewhere, such as in a Secret.
    pub(in super::super) fn is_by_variable(&self, flag: &str) -> bool {
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
                 ExternalDNS changes every record of a name that is wanted. To go on like that, add \
                 extraArgs `allow-unowned-changes: true`; better keep ownership with `registry: txt` and \
                 `signpost ownership adopt`",
            );
        }
    }
}

/// The largest mode of a file that Kubernetes takes
/// (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/>).
const MOST_MODE: u64 = 0o777;

/// Decimal numbers up to that which are modes that are in use, when they are read as octal.
const LIKE_OCTAL: [u64; 4] = [400, 440, 444, 500];

/// Adds each decimal mode of a file in a value, with its place; what has a leading zero, and was read as a
/// number with a fraction of nothing, becomes the decimal number that it is.
fn modes_of(value: &mut Value, place: &str, found: &mut Vec<(String, u64)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                if !value.is_number() || (key != "defaultMode" && key != "mode") {
                    modes_of(value, &at, found);
                } else if let Some(mode) = value.as_u64() {
                    found.push((at, mode));
                } else {
                    let digits = value.to_string();
                    let digits = digits.strip_suffix(".0").unwrap_or(&digits);
                    if let Ok(mode) = u64::from_str_radix(digits, 8) {
                        *value = json!(mode);
                    }
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                modes_of(item, &format!("{place}[{index}]"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
