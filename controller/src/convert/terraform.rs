//! The values in Terraform: of a `helm_release`, and of modules that hand such an object on.
//!
//! Only what is written out is read, with `local` values and the functions that put values together.
//! All else is computed when Terraform runs, and is told by the name it has there.

mod locals;
mod objects;

use serde_json::{Map, Value, json};

use self::locals::{COMPUTED, Locals, is_wholly_computed, readable};
use super::draft::Draft;
use super::fields::{Fields, each, shown, take_out};
use super::hcl;
use super::input::{RENDERED, SECOND, merge, yaml};
use super::{Weight, bitnami, keys, paths, pod};

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

/// An installation in Terraform.
pub(super) enum InTerraform {
    /// The values of a release.
    Values(Map<String, Value>),
    /// An object with pods.
    Object(Value),
}

/// Returns the installation of ExternalDNS in a text; `None` when it has none.
///
/// # Errors
///
/// Returns where the text is no Terraform.
pub(super) fn installation(draft: &mut Draft, text: &str) -> Result<Option<InTerraform>, String> {
    let body = hcl::read(text)?;
    let locals = Locals::of(&body);
    let (mut releases, mut deployed) = (Vec::new(), Vec::new());
    for block in &body.blocks {
        let labels: Vec<&str> = block.labels.iter().map(String::as_str).collect();
        match (block.name.as_str(), labels.as_slice()) {
            ("resource", ["helm_release", name]) => {
                releases.push((format!("helm_release.{name}"), locals.body(&block.body)));
            }
            ("module", [name]) => releases.extend(of_module(name, &locals.body(&block.body))),
            ("resource", ["aws_eks_addon", name]) => {
                let addon = locals.body(&block.body);
                if addon
                    .get("addon_name")
                    .is_some_and(|name| name.to_string().contains("external-dns"))
                {
                    releases.push((format!("aws_eks_addon.{name}"), addon));
                }
            }
            ("resource", [resource, name]) => {
                let object = objects::object(resource, locals.body(&block.body));
                deployed.extend(object.map(|object| (format!("{resource}.{name}"), object)));
            }
            _ => {}
        }
    }
    deployed.retain(|(_, object)| pod::is_one(object) && pod::is_of_external_dns(object));
    if releases.is_empty() && deployed.is_empty() {
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
            (false, _) => {
                draft.say(Weight::Note, &name, "it is of another chart, and stays as it is");
            }
            (true, Some(_)) => draft.unknown(&name, SECOND),
            (true, None) if name.starts_with("aws_eks_addon.") => {
                found = Some(InTerraform::Values(of_addon(draft, &name, release)));
            }
            (true, None) => found = Some(InTerraform::Values(of_release(draft, &name, release))),
        }
    }
    for (name, object) in deployed {
        if found.is_some() {
            draft.unknown(&name, SECOND);
        } else {
            let object = written_out(draft, object);
            found = Some(InTerraform::Object(object));
        }
    }
    Ok(found)
}

/// Reads an add-on of EKS, whose configuration is values of the chart ([arguments]).
///
/// [arguments]: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eks_addon
fn of_addon(draft: &mut Draft, place: &str, addon: Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    each(draft, place, Some(Value::Object(addon)), ATTRIBUTE, |draft, fields| {
        fields.pass(&[
            "addon_name",
            "addon_version",
            "cluster_name",
            "count",
            "depends_on",
            "lifecycle",
            "most_recent",
            "preserve",
            "provider",
            "region",
            "resolve_conflicts",
            "resolve_conflicts_on_create",
            "resolve_conflicts_on_update",
            "tags",
            "timeouts",
        ]);
        for (key, why) in [
            (
                "pod_identity_association",
                "it may go with the add-on: make an `aws_eks_pod_identity_association` of its own for the release's namespace and service account",
            ),
            ("namespace_config", "give helm this namespace"),
        ] {
            if let Some(value) = fields.said(key) {
                let told = format!("{why}: `{}`", readable(&shown(&value)));
                draft.say(Weight::Changed, &fields.at(key), told);
            }
        }
        match fields.said("configuration_values") {
            Some(Value::Object(map)) => found = map,
            Some(Value::String(text)) if is_wholly_computed(&text) => {
                draft.elsewhere(&readable(&text));
            }
            Some(Value::String(text)) => {
                found = yaml(draft, &fields.at("configuration_values"), &text);
            }
            Some(other) => draft.unknown(
                &fields.at("configuration_values"),
                &format!("it is no text of JSON: `{}`", readable(&shown(&other))),
            ),
            None => {}
        }
        if let Some(role) = fields.said("service_account_role_arn") {
            paths::put_at(
                &mut found,
                "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn",
                role,
            );
        }
    });
    draft.say(
        Weight::Changed,
        place,
        "EKS keeps an add-on as it is, and would start it again: remove it when this release is to start \
         (`aws eks delete-addon`), and make it again for the way back",
    );
    match written_out(draft, Value::Object(found)) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Returns what is written out; what is computed is told.
fn written_out(draft: &mut Draft, mut value: Value) -> Value {
    let mut computed = Vec::new();
    take_out(&mut value, "", &|text| text.contains(COMPUTED), &mut computed);
    for (place, text) in computed {
        let (key, inner) = (place.split(['.', '[']).next().unwrap_or_default(), readable(&text));
        let is_key =
            keys::is_known(key) || bitnami::belongs(key).is_some() || value.get("kind").is_some();
        if is_key {
            draft.elsewhere(&format!("{}: {inner}", readable(&place)));
        } else {
            let text = format!(
                "no chart of ExternalDNS has this key, and both pass over it; `{inner}` is left out"
            );
            draft.say(Weight::Note, &readable(&place), text);
        }
    }
    value
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

/// Arguments of a release, and of a module around one, that say nothing of the chart's values.
const BESIDE_VALUES: [&str; 41] = [
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
];

/// Reads what a release is made of ([arguments]).
///
/// [arguments]: https://registry.terraform.io/providers/hashicorp/helm/latest/docs/resources/release
fn of_release(draft: &mut Draft, place: &str, release: Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let is_module = place.starts_with("module.");
    each(draft, place, Some(Value::Object(release)), ATTRIBUTE, |draft, fields| {
        fields.pass(&BESIDE_VALUES);
        if let Some(reuse) = fields.take("reuse_values").filter(|reuse| reuse != &json!(false)) {
            draft.elsewhere(&format!(
                "{}: {}",
                fields.at("reuse_values"),
                readable(&shown(&reuse))
            ));
        }
        for key in ["postrender", "post_render"] {
            if fields.said(key).is_some() {
                draft.unknown(&fields.at(key), RENDERED);
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
                format!("what it repeats is not known here: `{}`", readable(&repeated(&dynamic)));
            draft.out_of_sight(&fields.at("dynamic"), &text);
        }
        if is_module {
            blueprints(draft, fields, place, &mut found);
            for (key, _) in fields.rest() {
                let at = format!("{place}.{key}");
                if is_about_the_account(&key) {
                    draft.say(Weight::Note, &at, "it is the module's, and stays as it is");
                } else {
                    draft.out_of_sight(&at, "it is the module's, and what it does to the values is not known here: give the values that are in use (`helm get values external-dns`)");
                }
            }
        }
    });
    match written_out(draft, Value::Object(found)) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Tells whether an argument of a module is about rights, and names of what has them, and says nothing of the
/// chart's values: all others may.
fn is_about_the_account(key: &str) -> bool {
    ["role_", "policy_", "assume_role", "oidc_", "irsa_", "iam_", "cluster_", "enable", "create"]
        .iter()
        .any(|prefix| key.starts_with(prefix))
        || [
            "tags",
            "chart_version",
            "source_policy_documents",
            "override_policy_documents",
            "policies",
            "region",
        ]
        .contains(&key)
}

/// Takes what the module of EKS Blueprints sets by itself for ExternalDNS: its account, which alone the role
/// trusts that it makes ([module]).
///
/// [module]: https://github.com/aws-ia/terraform-aws-eks-blueprints-addons
fn blueprints(draft: &mut Draft, fields: &mut Fields, place: &str, found: &mut Map<String, Value>) {
    // A module that is called so itself is another one.
    let module = place.strip_suffix(".external_dns").filter(|module| *module != "module");
    let Some(module) = module else { return };
    let named = fields.text(draft, "service_account_name");
    let is_made = fields.take("create_role") != Some(json!(false));
    let account = found.entry("serviceAccount").or_insert_with(|| json!({}));
    let Value::Object(account) = account else { return };
    // What is set stands over the values.
    let name = named.unwrap_or_else(|| "external-dns-sa".to_owned());
    account.insert("name".to_owned(), json!(name));
    draft.say(
        Weight::Note,
        &fields.at("service_account_name"),
        format!("the module calls the service account `{name}`, which its role trusts, and so does the chart here"),
    );
    let annotations = account.get("annotations").and_then(Value::as_object);
    let has_role = annotations.is_some_and(|all| all.contains_key("eks.amazonaws.com/role-arn"));
    if is_made && !has_role {
        draft.say(
            Weight::Note,
            &format!("{place}.role"),
            format!(
                "the module makes a role and sets it on the account of its own release alone: set \
                 `serviceAccount.annotations` with `eks.amazonaws.com/role-arn: ` and `{module}.external_dns.iam_role_arn`"
            ),
        );
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
            other => draft.out_of_sight(
                &place,
                &format!("it is no text of YAML: `{}`", readable(&shown(&other))),
            ),
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

/// Returns what blocks are made for, as it is written; empty where it is not said. What stands in the blocks is not shown.
fn repeated(dynamic: &Value) -> String {
    match dynamic {
        Value::Object(map) => match map.get("for_each") {
            Some(each) => shown(each),
            None => map.values().map(repeated).find(|each| !each.is_empty()).unwrap_or_default(),
        },
        Value::Array(items) => {
            items.iter().map(repeated).find(|each| !each.is_empty()).unwrap_or_default()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => String::new(),
    }
}

fn set(draft: &mut Draft, found: &mut Map<String, Value>, place: &str, item: Value, is_list: bool) {
    if !item.is_object() {
        return draft.elsewhere(&format!("{place}: {}", readable(&shown(&item))));
    }
    each(draft, place, Some(item), ATTRIBUTE, |draft, fields| {
        let (name, value) =
            (fields.take("name"), fields.take("value").or_else(|| fields.take("value_wo")));
        if ["set_sensitive", "set_wo"].iter().any(|key| place.ends_with(key)) {
            // Its author calls it a secret.
            draft.secrets.note_called_secret(value.as_ref());
        }
        let kind = fields.text(draft, "type").unwrap_or_default();
        fields.pass(&["value_wo_version"]);
        let Some(Value::String(name)) = name else {
            return draft.out_of_sight(place, "it has no name");
        };
        if name.contains(COMPUTED) {
            return draft.elsewhere(&format!("{place}: {}", readable(&name)));
        }
        match value {
            None => paths::set(found, &name, "", true),
            Some(Value::Array(items)) if is_list => {
                paths::put_at(found, &name, Value::Array(items));
            }
            // Told with all else that is computed.
            Some(Value::String(text)) if text.contains(COMPUTED) => {
                paths::put_at(found, &name, json!(text));
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
