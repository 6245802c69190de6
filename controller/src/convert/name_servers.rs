//! Settings of `ExternalDNS`'s provider for name servers, and where each goes once all of them are known.
//!
//! What the flags mean there is in its [list of flags] and its [page about the provider]; what they mean in
//! `rfc2136-webhook` is in docs/compatibility.md. A secret is never written into values: it is named.
//!
//! [list of flags]: https://kubernetes-sigs.github.io/external-dns/latest/docs/flags/
//! [page about the provider]: https://kubernetes-sigs.github.io/external-dns/latest/docs/tutorials/rfc2136/

mod keys;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Weight;
use super::draft::Draft;
use super::grammar;
use crate::args::whereabouts;

/// What their flags begin with.
const START: &str = "rfc2136-";

/// Flags that `rfc2136-webhook` has under the same name, whose variables are left to it.
const SAME: [&str; 13] = [
    "rfc2136-host",
    "rfc2136-port",
    "rfc2136-zone",
    "rfc2136-insecure",
    "rfc2136-tsig-keyname",
    "rfc2136-tsig-secret",
    "rfc2136-tsig-secret-alg",
    "rfc2136-min-ttl",
    "rfc2136-batch-change-size",
    "rfc2136-use-tls",
    "tls-ca",
    "tls-client-cert",
    "tls-client-cert-key",
];

/// The program that they are for.
const PROGRAM: &str = "rfc2136-webhook";

/// Flags whose values `rfc2136-webhook` reads as they are.
const JUDGED: [&str; 5] = [
    "rfc2136-host",
    "rfc2136-port",
    "rfc2136-zone",
    "rfc2136-min-ttl",
    "rfc2136-batch-change-size",
];

/// Flags about TLS that other providers of `ExternalDNS` read, too.
const TLS: [&str; 3] = ["tls-ca", "tls-client-cert", "tls-client-cert-key"];

const KERBEROS: &str = "GSS-TSIG is not served: it needs Kerberos and a ticket for each name server. Give the name server a \
     TSIG key for this one (`tsig-keygen`), put it into a Secret, and name that in `provider.rfc2136.keys.secretName`";

const READS: &str = "without it nothing is read there, so every record is sent again in each sync and none is ever deleted; here zones \
     are always read by transfer. Allow that on the name server (BIND: `allow-transfer { key NAME; };`)";

const REVERSE: &str = "PTR records are the controller's here, and are made with ownership records: those that there are belong to \
     nobody, so take them over with `signpost ownership adopt NAME…`. The reverse zones have to be among \
     `provider.rfc2136.zones`, and among `domainFilters` if there are any";

/// What was said of name servers so far.
#[derive(Debug, Default)]
pub(super) struct NameServers {
    given: Vec<Given>,
    /// The names of those.
    names: BTreeSet<String>,
    /// Variables whose values stand elsewhere, with their flags.
    variables: Vec<(String, Value)>,
}

/// One flag as it was given.
#[derive(Clone, Debug)]
struct Given {
    name: String,
    value: Option<String>,
    is_off: bool,
    place: String,
}

impl Given {
    fn text(&self) -> &str {
        self.value.as_deref().map(str::trim).unwrap_or_default()
    }

    /// Returns whether it is on.
    fn toggled(&self) -> Result<bool, String> {
        if self.is_off {
            return Ok(false);
        }
        self.value.as_deref().map_or(Ok(true), daemon::toggle)
    }

    /// Tells whether it is on; another text than a truth value is told.
    fn is_on(&self, draft: &mut Draft) -> bool {
        let on = self.toggled();
        on.unwrap_or_else(|_| {
            let text = format!("it is on or off, and not `{}`", self.text());
            draft.say(Weight::Refused, &self.place, text);
            false
        })
    }
}

impl NameServers {
    /// Tells whether a flag is about name servers.
    pub(super) fn is_about(flag: &str) -> bool {
        flag.starts_with(START) || TLS.contains(&flag)
    }

    /// Tells whether a flag was given already.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.names.contains(flag)
    }

    /// Takes a flag.
    pub(super) fn take(&mut self, name: &str, value: Option<&str>, is_off: bool, place: &str) {
        let (name, place) = (name.to_owned(), place.to_owned());
        self.names.insert(name.clone());
        self.given.push(Given { name, value: value.map(str::to_owned), is_off, place });
    }

    /// Takes a variable whose value stands elsewhere, such as in a Secret.
    pub(super) fn take_variable(&mut self, flag: &str, variable: &Value) {
        self.variables.push((flag.to_owned(), variable.clone()));
    }
}

/// Puts what is known into the values.
pub(super) fn finish(draft: &mut Draft) {
    let NameServers { given, names: _, variables } = std::mem::take(&mut draft.name_servers);
    let provider = draft.provider_name().map(str::to_owned);
    if provider.as_deref() == Some("rfc2136") {
        return Settings::read(draft, given, variables).write(draft);
    }
    let (of_tls, given): (Vec<_>, Vec<_>) =
        given.into_iter().partition(|given| TLS.contains(&given.name.as_str()));
    for given in of_tls.into_iter().filter(|given| given.is_off || !given.text().is_empty()) {
        match (&provider, whereabouts(&given.name)) {
            (Some(name), _) if ["aws", "webhook"].contains(&name.as_str()) => {
                let text = format!("the provider `{name}` does not read it there; it is left out");
                draft.say(Weight::Note, &given.place, text);
            }
            (None, _) => {
                let text = "no provider is named, and Route 53, which is meant where nothing else is said, does \
                            not read it; it is left out";
                draft.say(Weight::Note, &given.place, text.to_owned());
            }
            (_, answer) => {
                let why = answer.map(|answer| answer.why().to_owned()).unwrap_or_default();
                draft.say(Weight::Refused, &given.place, why);
            }
        }
    }
    let named = variables
        .iter()
        .map(|(_, variable)| variable.get("name").and_then(Value::as_str).unwrap_or_default());
    let places = given.iter().map(|given| given.place.as_str()).chain(named);
    for place in places.map(str::to_owned).collect::<Vec<_>>() {
        match &provider {
            Some(name) => {
                let text = format!("it is about name servers, and the provider is `{name}`; it is left out");
                draft.say(Weight::Note, &place, text);
            }
            None => draft.unknown(
                &place,
                "it is about name servers, and no provider is named: say `--provider=rfc2136`, or leave it out",
            ),
        }
    }
}

/// Settings of the provider, all of them together.
#[derive(Debug, Default)]
struct Settings {
    hosts: Spelled,
    zones: Spelled,
    is_insecure: bool,
    key: keys::Key,
    /// Further words of its command line.
    words: Vec<String>,
    /// Whether zones were read.
    reads: bool,
    min_ttl: Option<String>,
    is_ttl_refused: bool,
    /// Flags that variables set whose values are not seen here.
    by_variable: BTreeSet<String>,
}

impl Settings {
    fn read(draft: &mut Draft, given: Vec<Given>, variables: Vec<(String, Value)>) -> Self {
        let mut settings = Self::default();
        let is_on = |flag: &str| {
            given.iter().any(|given| given.name == flag && given.toggled() == Ok(true))
        };
        let (uses_tls, kerberos) = (is_on("rfc2136-use-tls"), is_on("rfc2136-gss-tsig"));
        certificates(draft, &given, uses_tls);
        for given in given {
            settings.take(draft, &given, uses_tls, kerberos);
        }
        for (flag, variable) in variables {
            let name = variable.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            if settings.by_variable.contains(&flag) {
                continue;
            }
            if SAME.contains(&flag.as_str()) {
                draft.push(&["provider", "webhook", "env"], [variable]);
                settings.by_variable.insert(flag);
            } else {
                draft.unknown(&name, "its value stands elsewhere, and `rfc2136-webhook` has no such setting: write it as a flag to see what it becomes");
            }
        }
        settings
    }

    /// Takes one flag; each is taken, or told.
    fn take(&mut self, draft: &mut Draft, given: &Given, uses_tls: bool, kerberos: bool) {
        let (text, place) = (given.text(), given.place.as_str());
        let is_judged = JUDGED.contains(&given.name.as_str())
            && !(text.is_empty() && given.name != "rfc2136-zone");
        if let Some(wrong) =
            is_judged.then(|| grammar::wrong_value(PROGRAM, &given.name, text)).flatten()
        {
            self.is_ttl_refused |= given.name == "rfc2136-min-ttl";
            return draft.say(Weight::Refused, place, format!("{wrong}; it is left out"));
        }
        match given.name.as_str() {
            "rfc2136-host" => self.hosts.add(text),
            "rfc2136-zone" => self.zones.add(text),
            "rfc2136-port" => match text.parse::<u16>() {
                // No port of a name server is 0, and the usual one goes without saying.
                Ok(0) => {}
                Ok(53) if !uses_tls => {}
                Ok(_) | Err(_) if text.is_empty() => {}
                Ok(_) | Err(_) => self.words.push(format!("--rfc2136-port={text}")),
            },
            "rfc2136-insecure" => self.is_insecure = given.is_on(draft),
            "rfc2136-tsig-keyname" => self.key.name = Some(text.to_owned()),
            "rfc2136-tsig-secret" => self.key.secret = Some((text.to_owned(), place.to_owned())),
            "rfc2136-tsig-secret-alg" => self.key.algorithm = Some((text.to_owned(), place.to_owned())),
            "rfc2136-axfr" | "rfc2136-tsig-axfr" => self.reads = given.is_on(draft) || self.reads,
            "rfc2136-min-ttl" => match daemon::duration(text) {
                Ok(least) if least.is_zero() => {}
                Ok(_) | Err(_) if text.is_empty() => {}
                Ok(_) | Err(_) => self.min_ttl = Some(text.to_owned()),
            },
            "rfc2136-batch-change-size" if ["", "50"].contains(&text) => {}
            // There it never came to an end.
            "rfc2136-batch-change-size" if text.parse() == Ok(0_usize) => {
                draft.say(Weight::Refused, place, format!("`{text}` is no number of changes"));
            }
            "rfc2136-batch-change-size" => self.words.push(format!("--rfc2136-batch-change-size={text}")),
            "rfc2136-create-ptr" if given.is_on(draft) => reverse(draft, place),
            "rfc2136-gss-tsig" if given.is_on(draft) => draft.say(Weight::Refused, place, KERBEROS),
            name if name.starts_with("rfc2136-kerberos-") && !text.is_empty() => {
                let text = if kerberos { "it goes with GSS-TSIG, which is not served" } else { "it has no effect without `--rfc2136-gss-tsig`, and is left out" };
                draft.say(Weight::Note, place, text);
            }
            "rfc2136-use-tls" if given.is_on(draft) => {
                self.words.push("--rfc2136-use-tls".to_owned());
            }
            "rfc2136-skip-tls-verify" if given.is_on(draft) && uses_tls => draft.say(
                Weight::Refused,
                place,
                "every certificate is looked at here, or anyone could answer: put the authority into a Secret \
                 and name it in `provider.rfc2136.tls.caSecretName`, or the server's key in `provider.rfc2136.tls.pins`",
            ),
            "rfc2136-skip-tls-verify" if given.is_on(draft) => {
                draft.say(Weight::Note, place, "it has no effect without `--rfc2136-use-tls`, and is left out");
            }
            "rfc2136-load-balancing-strategy" if !["disabled", ""].contains(&text) => draft.say(
                Weight::Changed,
                place,
                "a zone has one primary, and the others are behind it: the servers are asked in order here, so put the primary first \
                 in `provider.rfc2136.hosts`",
            ),
            name if TLS.contains(&name) && uses_tls && !text.is_empty() => {
                self.words.push(format!("--{name}={text}"));
            }
            name if TLS.contains(&name) && !text.is_empty() => {
                draft.say(Weight::Note, place, "it has no effect without `--rfc2136-use-tls`, and is left out");
            }
            name if TLS.contains(&name) => {}
            "rfc2136-create-ptr" | "rfc2136-gss-tsig" | "rfc2136-use-tls" | "rfc2136-skip-tls-verify" | "rfc2136-load-balancing-strategy" => {}
            name if name.starts_with("rfc2136-kerberos-") => {}
            // Flags of our provider alone, as of an installation that was begun to move.
            name @ ("rfc2136-default-ttl" | "rfc2136-timeout") => self.words.push(format!("--{name}={text}")),
            name @ "rfc2136-unsigned-axfr" if given.is_on(draft) => self.words.push(format!("--{name}")),
            "rfc2136-unsigned-axfr" => {}
            name => draft.say(
                Weight::Refused,
                place,
                format!("no release of ExternalDNS has the flag `--{name}`, and neither has `rfc2136-webhook`; leave it out"),
            ),
        }
    }

    fn write(mut self, draft: &mut Draft) {
        // Variables of a whole ConfigMap or Secret are not seen here.
        let is_partly_unseen = draft.get(&["provider", "webhook", "envFrom"]).is_some();
        for (flag, key, list) in [
            ("rfc2136-host", "hosts", &mut self.hosts.all),
            ("rfc2136-zone", "zones", &mut self.zones.all),
        ] {
            if list.is_empty() && !is_partly_unseen && !self.by_variable.contains(flag) {
                list.push("CHANGE-ME".to_owned());
                draft.unknown(
                    &format!("--{flag}"),
                    &format!("none is named; write it into `provider.rfc2136.{key}`"),
                );
            }
            if !list.is_empty() {
                draft.set(&["provider", "rfc2136", key], json!(list));
            }
        }
        if !self.reads {
            draft.say(Weight::Changed, "--rfc2136-tsig-axfr", READS);
            draft.reads_nothing = true;
        }
        match &self.min_ttl {
            Some(ttl) => self.words.extend(["min", "default"].map(|which| format!("--rfc2136-{which}-ttl={ttl}"))),
            None if self.is_ttl_refused => {}
            None => draft.say(
                Weight::Changed,
                "--rfc2136-min-ttl",
                "what wants no TTL had this one there, which is 0 when nothing is said, and has 5 minutes here; \
                 `rfc2136-default-ttl` in `provider.webhook.args` is another",
            ),
        }
        self.key.write(draft, self.is_insecure, &self.by_variable, is_partly_unseen);
        if !self.words.is_empty() {
            draft.push(&["provider", "webhook", "args"], self.words.into_iter().map(Value::String));
        }
    }
}

/// Tells of a certificate without its key, or a key without its certificate: neither program starts with one of them.
fn certificates(draft: &mut Draft, given: &[Given], uses_tls: bool) {
    let at = |flag: &str| given.iter().find(|given| given.name == flag && !given.text().is_empty());
    let (certificate, key) = (at("tls-client-cert"), at("tls-client-cert-key"));
    if let (true, Some(alone), None) | (true, None, Some(alone)) = (uses_tls, certificate, key) {
        draft.unknown(
            &alone.place,
            "`--tls-client-cert` and `--tls-client-cert-key` go together, and one is missing",
        );
    }
}

/// Names, each of which is there once, whatever its spelling.
#[derive(Debug, Default)]
struct Spelled {
    all: Vec<String>,
    bare: BTreeSet<String>,
}

impl Spelled {
    fn add(&mut self, text: &str) {
        if !text.is_empty() && self.bare.insert(text.trim_end_matches('.').to_lowercase()) {
            self.all.push(text.to_owned());
        }
    }
}

/// Lets the controller make PTR records.
fn reverse(draft: &mut Draft, place: &str) {
    draft.toggle_extra("create-ptr");
    draft.manage("PTR");
    draft.say(Weight::Changed, place, REVERSE);
}

/// Returns what the values start `rfc2136-webhook` with, as the chart has it.
pub(super) fn arguments(values: &Map<String, Value>) -> Vec<String> {
    let own = values.get("provider").and_then(|provider| provider.get("rfc2136"));
    let at = |path: &str| own.and_then(|own| own.pointer(path));
    let texts = |path: &str| {
        let list = at(path).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let hosts = texts("/hosts").into_iter().map(|host| format!("--rfc2136-host={host}"));
    let zones = texts("/zones").into_iter().map(|zone| format!("--rfc2136-zone={zone}"));
    let file =
        at("/keys/secretName").map(|_| "--tsig-key-file=/run/secrets/rfc2136/keys".to_owned());
    let name = at("/keys/name")
        .and_then(Value::as_str)
        .map(|name| format!("--rfc2136-tsig-keyname={name}"));
    let is_insecure = at("/insecure") == Some(&json!(true));
    let insecure = is_insecure.then(|| "--rfc2136-insecure".to_owned());
    hosts.chain(zones).chain(file).chain(name).chain(insecure).collect()
}
