//! Which annotation keys count on the objects of which source, and what is said where one does not.

use super::annotations::key;

/// One key, or one family of keys.
pub struct KeyRow {
    /// The key after its prefix.
    pub key: &'static str,
    /// Tells whether it counts on objects of the source with this name.
    pub counts: fn(&str) -> bool,
    /// Why it has no effect on other objects.
    pub elsewhere: &'static str,
}

/// Stands in the table for every key that becomes a property of a provider.
const PROPERTIES: &str = "settings for one provider";

const NO_SETTINGS: &str = "the records of this source carry no settings but, at most, a TTL";
const NO_CHOICE: &str =
    "it counts on objects that define hosts and have a `hostname` annotation read";

/// Every key.
pub const KEYS: &[KeyRow] = &[
    row(key::HOSTNAME, reads_names, "the names of these objects stand in the objects themselves"),
    row(
        key::INTERNAL_HOSTNAME,
        |source| matches!(source, "service" | "pod"),
        "it counts on Services and Pods",
    ),
    row(key::TARGET, |source| source != "crd", "a DNSEndpoint spells out its targets"),
    row(key::TTL, has_ttl, "the object that the record comes from says it in another place"),
    row(key::RECORD_TYPE, has_settings, NO_SETTINGS),
    row(key::ALIAS, has_settings, NO_SETTINGS),
    row(key::SET_IDENTIFIER, has_settings, NO_SETTINGS),
    row(PROPERTIES, has_settings, NO_SETTINGS),
    row(
        key::CONTROLLER,
        |source| !matches!(source, "crd" | "ambassador-host"),
        "these objects are for every controller",
    ),
    row(key::PRIORITY, |_| true, ""),
    row(key::HOSTNAME_SOURCE, has_both, NO_CHOICE),
    row(key::INGRESS_HOSTNAME_SOURCE, has_both, NO_CHOICE),
    row(key::GATEWAY_HOSTNAME_SOURCE, has_both, NO_CHOICE),
    row(key::ACCESS, |source| source == "service", "it counts on Services of type NodePort"),
    row(key::ENDPOINTS_TYPE, |source| source == "service", "it counts on headless Services"),
    row(
        key::INGRESS,
        |source| source == "istio-gateway",
        "it counts on the Gateways of Istio and of Gloo",
    ),
];

const fn row(key: &'static str, counts: fn(&str) -> bool, elsewhere: &'static str) -> KeyRow {
    KeyRow { key, counts, elsewhere }
}

/// Tells whether names come from the hostname annotation and from elsewhere in the object.
fn has_both(source: &str) -> bool {
    reads_names(source) && !matches!(source, "pod" | "unstructured")
}

fn reads_names(source: &str) -> bool {
    let own = matches!(source, "crd" | "node" | "gloo-proxy" | "ambassador-host");
    !own && !source.starts_with("f5-")
}

fn has_ttl(source: &str) -> bool {
    !matches!(source, "crd" | "gloo-proxy")
}

fn has_settings(source: &str) -> bool {
    let none = matches!(source, "node" | "pod" | "unstructured") || source.starts_with("f5-");
    has_ttl(source) && !none
}

/// Returns why `key` has no effect on any object of `source`; `None` when it has, and for a key that
/// is not known.
///
/// `is_property` says that the key becomes a property of a provider.
pub(super) fn without_effect(source: &str, key: &str, is_property: bool) -> Option<&'static str> {
    let key = if is_property { PROPERTIES } else { key };
    let row = KEYS.iter().find(|row| row.key == key)?;
    (!(row.counts)(source)).then_some(row.elsewhere)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use super::*;
    use crate::SOURCES;

    const BEGIN: &str = "<!-- keys -->\n";
    const END: &str = "<!-- end of keys -->\n";

    fn table() -> String {
        let mut table =
            String::from("\n| Key | Counts on objects of | Why not on others |\n|---|---|---|\n");
        let sources = SOURCES.iter().map(|row| row.name);
        let sources: Vec<_> = sources.filter(|name| !matches!(*name, "fake" | "empty")).collect();
        let list = |names: &[&str]| {
            let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            quoted.join(", ")
        };
        for KeyRow { key, counts, elsewhere } in KEYS {
            let (on, off): (Vec<&str>, Vec<&str>) =
                sources.iter().partition(|source| counts(source));
            let on = match (on.len() < off.len(), off.is_empty()) {
                (_, true) => "all sources".to_owned(),
                (true, _) => list(&on),
                (false, _) => format!("all sources but {}", list(&off)),
            };
            let key = if key.contains(' ') { (*key).to_owned() } else { format!("`{key}`") };
            let elsewhere = if elsewhere.is_empty() { "–" } else { elsewhere };
            writeln!(table, "| {key} | {on} | {elsewhere} |").unwrap();
        }
        table.push('\n');
        table
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the switch of `cargo bless`")]
    fn the_page_of_annotations_says_which_key_counts_where() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-docs/annotations.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
        if std::env::var("BLESS").is_ok_and(|value| value == "1") {
            std::fs::write(&path, &wanted).unwrap();
        }
        assert!(page == wanted || std::env::var("BLESS").is_ok(), "BLESS=1 writes the table anew");
    }

    #[test]
    fn every_key_has_a_row() {
        for key in key::ALL {
            assert!(key == key::AZURE_TAGS || KEYS.iter().any(|row| row.key == key), "{key}");
        }
    }
}
