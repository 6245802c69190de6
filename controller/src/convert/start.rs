//! How a program is started where Kubernetes does not start it, and what feeds it there: a script, a unit of systemd,
//! an image, a job.
//!
//! One rule holds for all of them. What stands beside the start and may set more of it is a variable, whose value is
//! known or not, or is not read; what is not known and what is not read holds deletions and filters ([`Start`]). What
//! is neither is left out by name, in the list of each form of what sets nothing.

mod command;
mod dockerfile;
mod engine;
mod inspected;
mod job;
mod launchd;
mod makefile;
mod openrc;
mod provisioner;
mod script;
mod unit;
mod variables;
mod word;

use serde_json::{Map, Value, json};

use super::Weight;
use super::draft::Draft;
use super::input::SECOND;

pub(super) use self::command::{first_name, front};
pub(super) use self::inspected::inspected;
pub(super) use self::job::is_job;
pub(super) use self::provisioner::{changes_beside, of_provisioners, provisioned};
use self::variables::StartVariables;
pub(super) use self::word::{Scope, Wording, in_compose, typed};

/// How deep texts are read that stand in each other.
const DEPTH: usize = 8;

/// How many places around a start are named.
const NAMED: usize = 12;

/// How many starts are read: the first is the installation, and of the others it is only told that there are any.
pub(super) const ENOUGH: usize = 2;

/// Variables that set nothing of the program, whatever they say.
const SETTING_NOTHING: [&str; 6] = ["HOSTNAME", "LANG", "PATH", "SHELL", "TERM", "TZ"];

/// The start of a program, with all that feeds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Start {
    /// Its words, with what starts it where that is not the program itself.
    pub(super) words: Vec<Wording>,
    /// Its variables; of two of a name the later one counts.
    pub(super) variables: StartVariables,
    /// Places of what may set more, and is not read.
    pub(super) unread: Vec<String>,
    /// Whether `$(NAME)` in it is what Kubernetes fills in.
    pub(super) is_of_kubernetes: bool,
    /// What stays behind and sets nothing, each with what to do.
    pub(super) left: Vec<(String, String)>,
}

impl Start {
    /// Sets a variable.
    pub(super) fn set(&mut self, name: &str, value: Wording) {
        self.variables.set(name, value);
    }

    /// Adds the place of something that may set more.
    pub(super) fn beside(&mut self, place: impl Into<String>) {
        add(&mut self.unread, place.into());
    }

    /// Adds files that are brought in from where the program runs.
    fn mounts(&mut self, place: &str) {
        let text = "files of the machine stay there: a kubeconfig is not needed in a cluster, and what else the program reads of them, \
                    such as credentials or a profile of AWS, belongs into a Secret";
        self.left.push((place.to_owned(), text.to_owned()));
    }

    /// Tells whether a source is said anywhere, so that it is the program that writes records, or hidden.
    fn is_one(&self) -> bool {
        self.words.iter().any(|word| match word {
            Wording::Known(text) => {
                ["--source", "--provider"].iter().any(|flag| text.starts_with(flag))
                    || text.contains("external-dns") && text.contains("--source")
            }
            Wording::Open(text) => !text.starts_with("--"),
        }) || self.variables.get("EXTERNAL_DNS_SOURCE").is_some()
    }

    /// Returns the container that Kubernetes would have for it; what is not known is told, and holds.
    pub(super) fn container(self, draft: &mut Draft) -> Map<String, Value> {
        let Self { words, variables, unread, is_of_kubernetes, left } = self;
        let as_said =
            |text: &str| if is_of_kubernetes { text.to_owned() } else { word::literal(text) };
        hold(draft, &unread);
        for (place, text) in left {
            draft.say(Weight::Changed, &place, text);
        }
        let mut env: Vec<Value> = Vec::new();
        for (name, value) in variables.in_order() {
            match value {
                Wording::Known(text) => {
                    env.push(json!({"name": name, "value": as_said(text)}));
                }
                Wording::Open(_) if SETTING_NOTHING.contains(&name) => {}
                Wording::Open(_) => draft.out_of_sight(
                    name,
                    "its value comes from where the program is started: write what it says",
                ),
            }
        }
        let words: Vec<String> =
            word::known(draft, words).iter().map(|text| as_said(text)).collect();
        let is_bare = words.first().is_none_or(|word| word.starts_with("--"));
        let mut made = Map::new();
        made.insert(if is_bare { "args" } else { "command" }.to_owned(), json!(words));
        made.insert("env".to_owned(), Value::Array(env));
        made
    }
}

/// Adds a place once; of more than are named nothing is said but that there are more.
fn add(places: &mut Vec<String>, place: String) {
    if places.len() <= NAMED && !places.contains(&place) {
        places.push(place);
    }
}

/// Returns the container of the first of some starts; each other one is an installation of its own.
pub(super) fn first(draft: &mut Draft, starts: Vec<Start>) -> Option<Map<String, Value>> {
    let mut starts = starts.into_iter();
    let start = starts.next()?;
    for _ in starts {
        draft.out_of_sight("another line that starts ExternalDNS", SECOND);
    }
    Some(start.container(draft))
}

/// Tells of what stands around a start and is not read.
pub(super) fn hold(draft: &mut Draft, unread: &[String]) {
    if unread.is_empty() {
        return;
    }
    let mut named: Vec<String> =
        unread.iter().take(NAMED).map(|place| format!("`{place}`")).collect();
    if unread.len() > NAMED {
        named.push("more".to_owned());
    }
    let text = format!(
        "what stands around it ({}) is not looked at: it may set more, such as a filter in `EXTERNAL_DNS_DOMAIN_FILTER`, or an owner",
        named.join(", ")
    );
    draft.out_of_sight("what starts ExternalDNS", &text);
}

/// Returns the starts in a text that is plainly of one form: a unit of systemd, a Dockerfile, a script of `OpenRC`, a
/// property list of launchd, a job of Nomad.
///
/// # Errors
///
/// Returns what to give instead where the form is known and no start is in it.
pub(super) fn of_a_form(text: &str) -> Result<Vec<Start>, String> {
    for Form { is_one, read, none } in &FORMS {
        if is_one(text) {
            let found = read(text);
            return if found.is_empty() { Err((*none).to_owned()) } else { Ok(found) };
        }
    }
    if is_job(text) {
        return job::read(text);
    }
    Ok(Vec::new())
}

/// A form of text that can be told from all others, and in which something is started.
struct Form {
    is_one: fn(&str) -> bool,
    read: fn(&str) -> Vec<Start>,
    /// What to give instead where no start of the program is in it.
    none: &'static str,
}

const FORMS: [Form; 4] = [
    Form { is_one: unit::is_one, read: unit::read, none: unit::NONE },
    Form { is_one: dockerfile::is_one, read: dockerfile::read, none: dockerfile::NONE },
    Form { is_one: openrc::is_one, read: openrc::read, none: openrc::NONE },
    Form { is_one: launchd::is_one, read: launchd::read, none: launchd::NONE },
];

/// Returns the starts in a text of lines, with the variables that it is given: a Makefile, or a script.
pub(super) fn of_lines(text: &str, scope: &Scope) -> Vec<Start> {
    lines_at(text, scope, 0)
}

fn lines_at(text: &str, scope: &Scope, depth: usize) -> Vec<Start> {
    let found = makefile::read(text);
    if found.is_empty() { script::read(text, scope, depth) } else { found }
}

/// Tells whether a script changes with kubectl what something else has made.
pub(super) fn patches(text: &str) -> bool {
    script::patches(text)
}

/// Tells whether a command of helm in a script makes something of `ExternalDNS`.
pub(super) fn is_released(text: &str) -> bool {
    let names = |word: &String| {
        let word = word.to_ascii_lowercase();
        ["external-dns", "externaldns", "external_dns"].iter().any(|name| word.contains(name))
    };
    script::releases(text).iter().any(|words| words.iter().any(names))
}

/// Returns the starts in a text of whatever form, with the variables that it is given.
pub(super) fn of_text(text: &str, scope: &Scope) -> Vec<Start> {
    text_at(text, scope, 0)
}

/// Returns the starts in a text that stands in as many others.
fn text_at(text: &str, scope: &Scope, depth: usize) -> Vec<Start> {
    if !text.contains("external-dns") {
        return Vec::new();
    }
    match of_a_form(text) {
        Ok(found) if found.is_empty() => lines_at(text, scope, depth),
        Ok(found) => found,
        Err(_) => Vec::new(),
    }
}

/// Tells whether a path, or the name of an image, is the program's.
pub(super) fn is_program(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next() == Some("external-dns")
}
