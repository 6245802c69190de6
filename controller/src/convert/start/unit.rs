//! Units of systemd, and the containers of Podman that are written like them ([service], [exec], [quadlet]).
//!
//! [service]: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
//! [exec]: https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment
//! [quadlet]: https://docs.podman.io/en/latest/markdown/podman-systemd.unit.5.html

use super::word::{Part, expanded, whole};
use super::{Scope, Start, Wording, command, is_program};

/// What is said of a unit that does not start the program.
pub(super) const NONE: &str = "the unit starts something else: give the one whose `ExecStart=` or `Image=` is ExternalDNS's, with the files \
     beside it (`systemctl cat external-dns`)";

/// Settings that set nothing of the program that is started, by what they begin with.
const HARMLESS: [&str; 58] = [
    "AddCapability",
    "AddHost",
    "After",
    "Ambient",
    "Annotation",
    "AutoUpdate",
    "Capability",
    "ContainerName",
    "Delegate",
    "Description",
    "DNS",
    "DropCapability",
    "DynamicUser",
    "ExecReload",
    "ExecStartPost",
    "ExecStop",
    "FailureAction",
    "GIDMap",
    "Group",
    "HealthCmd",
    "HealthInterval",
    "HealthRetries",
    "HealthStartPeriod",
    "HealthTimeout",
    "HostName",
    "IP",
    "KillMode",
    "KillSignal",
    "Label",
    "Limit",
    "LockPersonality",
    "LogDriver",
    "MemoryDenyWriteExecute",
    "MemoryHigh",
    "MemoryMax",
    "Network",
    "NoNewPrivileges",
    "Notify",
    "PrivateDevices",
    "PrivateTmp",
    "Protect",
    "PublishPort",
    "Pull",
    "ReadOnly",
    "RemainAfterExit",
    "Restart",
    "Restrict",
    "RunInit",
    "Slice",
    "Standard",
    "StartLimit",
    "SuccessAction",
    "Syslog",
    "SystemCall",
    "TasksMax",
    "Timeout",
    "Type",
    "User",
];

/// Tells whether a text is a unit that starts something.
pub(super) fn is_one(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with(['#', ';']);
    lines.clone().find(is_said).is_some_and(|line| line.starts_with('['))
        && lines.any(|line| ["[Service]", "[Container]"].contains(&line))
}

/// A setting, with the section that it stands in.
struct Setting {
    section: String,
    key: String,
    value: String,
}

/// Returns the settings of a unit.
fn settings(text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        let is_comment = |line: &str| line.starts_with(['#', ';']);
        if is_comment(line) || line.is_empty() {
            continue;
        }
        let mut whole = line.to_owned();
        // A comment among lines that go on is passed over.
        while whole.ends_with('\\') {
            let _ = whole.pop();
            let Some(next) = lines.by_ref().find(|next| !is_comment(next.trim())) else { break };
            whole.push(' ');
            whole.push_str(next.trim());
        }
        if let Some(name) = whole.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, value)) = whole.split_once('=') {
            found.push(Setting {
                section: section.clone(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
            });
        } else {
            // Of a line that is none nothing more is known, nor is it shown.
            found.push(Setting { section: section.clone(), key: String::new(), value: whole });
        }
    }
    found
}

/// Tells whether a tool makes the unit of a text: templates of the program's own, such as `--fqdn-template`, are none.
fn is_template(text: &str) -> bool {
    let is_own = |words: &&str| {
        let name = words.split('=').next().unwrap_or_default().to_ascii_lowercase();
        ["fqdn-template", "target-template"].iter().any(|flag| name.starts_with(flag))
            || name.trim_end().ends_with("_template")
    };
    let marks = ["{%", "%{ ", "%{~", "<%", "{{"];
    text.lines()
        .flat_map(|line| line.split(" --").flat_map(|words| words.split("Environment=")))
        .filter(|words| !is_own(words))
        .any(|words| marks.iter().any(|mark| words.contains(mark)))
}

/// Reads a unit, with the files that are put over it behind it.
pub(super) fn read(text: &str) -> Vec<Start> {
    let settings = settings(text);
    let section = if settings.iter().any(|setting| setting.section == "Container") {
        "Container"
    } else {
        "Service"
    };
    let mut start = Start::default();
    if is_template(text) {
        start.beside("a template, of which something makes the unit");
    }
    let mut passed: Vec<String> = Vec::new();
    let (mut started, mut exec, mut image): (Vec<String>, _, String) =
        (Vec::new(), String::new(), String::new());
    let mut files: Vec<String> = Vec::new();
    for Setting { section: own, key, value } in settings {
        let is_own = own == section;
        let is_for_all =
            ["set-environment", "import-environment"].iter().any(|name| value.contains(name));
        if key.starts_with("Exec") && is_for_all {
            start.beside(format!("[{own}] {key}="));
        }
        match key.as_str() {
            "" => start.beside(format!("a line in [{own}] that sets nothing")),
            _ if ["Unit", "Install", "Quadlet"].contains(&own.as_str())
                || own.starts_with("X-") => {}
            // What comes before an empty one is forgotten.
            "ExecStart" if is_own && value.is_empty() => started.clear(),
            "ExecStart" if is_own => started.push(value),
            "Exec" if is_own && section == "Container" => exec = value,
            "Image" if is_own && section == "Container" => image = value,
            "Environment" if is_own && value.is_empty() => {
                start.variables.clear();
                // Those are handed on none the less.
                for name in &passed {
                    start.set(name, Wording::Open(name.clone()));
                }
            }
            "Environment" if is_own => environment(&mut start, &value),
            "EnvironmentFile" if is_own && value.is_empty() => files.clear(),
            "EnvironmentFile" if is_own => files.push(format!("EnvironmentFile={value}")),
            "PassEnvironment" if is_own => {
                for name in value.split_whitespace() {
                    start.set(name, Wording::Open(name.to_owned()));
                    passed.push(name.to_owned());
                }
            }
            "Volume" | "Mount" if section == "Container" => start.mounts(&format!("{key}={value}")),
            // It is run before, as a process of its own, and may write a file that is read.
            "ExecStartPre" | "ExecCondition" if files.is_empty() => {}
            "WorkingDirectory" | "WorkingDir" => {}
            key if HARMLESS.iter().any(|start| key.starts_with(start)) => {}
            key => start.beside(format!("[{own}] {key}=")),
        }
    }
    for file in files {
        start.beside(file);
    }
    if section == "Container" {
        return container(start, &image, &exec).into_iter().collect();
    }
    started.iter().flat_map(|line| of_line(&start, line)).collect()
}

/// Returns what a line of `ExecStart=` starts; nothing where that is something else.
fn of_line(base: &Start, line: &str) -> Vec<Start> {
    let marks = ['-', '@', ':', '+', '!', '|'];
    let bare = line.trim_start_matches(marks);
    let given = line.get(..line.len().saturating_sub(bare.len())).unwrap_or_default();
    let mut scope = Scope::default();
    for (name, value) in base.variables.in_order() {
        scope.set(name, value.clone(), true);
    }
    let mut words: Vec<Wording> =
        words(bare, !given.contains(':')).iter().flat_map(|word| expanded(word, &scope)).collect();
    if given.contains('@') && words.len() > 1 {
        // It is what the program is called.
        words.remove(1);
    }
    let commands = words.split(|word| word.written() == ";");
    commands
        .filter_map(|words| {
            let found = command::start(words, &|| base.variables.clone());
            let is_it = |word: &Wording| {
                is_program(word.written()) || word.written().split_whitespace().any(is_program)
            };
            let hidden = || {
                let is_asked = words.iter().any(is_it)
                    && !words.first().is_some_and(|word| is_engine(word.written()));
                is_asked.then(|| Start {
                    words: words.to_vec(),
                    variables: base.variables.clone(),
                    ..Start::default()
                })
            };
            let mut start = found.or_else(hidden)?;
            for place in &base.unread {
                start.beside(place.clone());
            }
            Some(start)
        })
        .collect()
}

/// Tells whether a program does something with containers, of which starting one is read by itself.
fn is_engine(program: &str) -> bool {
    super::engine::named(program).is_some()
}

/// Returns the start of a container of Podman.
fn container(mut start: Start, image: &str, exec: &str) -> Option<Start> {
    if !is_program(image) {
        return None;
    }
    // The line is put into a service, whose variables are not those of the container.
    start.words =
        words(exec, true).iter().flat_map(|word| expanded(word, &Scope::default())).collect();
    Some(start)
}

/// Takes the variables of one `Environment=`.
fn environment(start: &mut Start, value: &str) {
    for word in words(value, false) {
        let text = whole(&word, &Scope::default());
        match (text.written().split_once('='), &text) {
            (Some((name, value)), Wording::Known(_)) => {
                start.set(name, Wording::Known(value.to_owned()));
            }
            (Some((name, value)), Wording::Open(_)) => {
                start.set(name, Wording::Open(value.to_owned()));
            }
            // It may be the rest of a secret that has blanks.
            (None, _) => start.beside("Environment="),
        }
    }
}

/// Splits a line into words as systemd does ([quoting]): `%` begins what it fills in, and `$` a variable where those are
/// filled in.
///
/// [quoting]: https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting
fn words(line: &str, has_variables: bool) -> Vec<Vec<Part>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<Part>> = None;
    let mut quote: Option<char> = None;
    let mut letters = line.chars().peekable();
    let push = |word: &mut Option<Vec<Part>>, letter: char| {
        let word = word.get_or_insert_default();
        match word.last_mut() {
            Some(Part::Literal(text)) => text.push(letter),
            _ => word.push(Part::Literal(letter.to_string())),
        }
    };
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (_, '\\') => match letters.next() {
                Some('s') => push(&mut word, ' '),
                Some('n') => push(&mut word, '\n'),
                Some('t') => push(&mut word, '\t'),
                Some(letter) if "\\\"'; ".contains(letter) => push(&mut word, letter),
                Some(letter) => {
                    word.get_or_insert_default().push(Part::Open(format!("\\{letter}")));
                }
                None => {}
            },
            (_, '%') => match letters.next() {
                Some('%') | None => push(&mut word, '%'),
                Some(letter) => word.get_or_insert_default().push(Part::Open(format!("%{letter}"))),
            },
            (_, '$') if has_variables => {
                if letters.next_if_eq(&'$').is_some() {
                    push(&mut word, '$');
                    continue;
                }
                let is_braced = letters.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(letter) =
                    letters.next_if(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                {
                    name.push(letter);
                }
                let is_closed = is_braced && letters.next_if_eq(&'}').is_some();
                let written = if is_closed { format!("${{{name}}}") } else { format!("${name}") };
                // In a word of other letters only the form with braces is filled in.
                let is_alone =
                    word.is_none() && letters.peek().is_none_or(|letter| letter.is_whitespace());
                let part = match (name.is_empty(), is_closed, is_alone && !is_braced) {
                    (false, true, _) | (false, _, true) => {
                        Part::Variable { name, is_quoted: is_closed, written }
                    }
                    _ => Part::Open(written),
                };
                word.get_or_insert_default().push(part);
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            (_, letter) => push(&mut word, letter),
        }
    }
    words.extend(word);
    words
}
