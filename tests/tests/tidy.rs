//! What holds for the tree as a whole, so that nobody has to remember it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the tree should stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use e2e::programs::workspace;

/// Files may be longer than this only when they are listed with a reason.
const MOST_LINES: usize = 500;

/// Long files, and why each has one subject all the same.
const LONG: &[(&str, &str)] = &[];

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                walk(&path, extension, found);
            } else if path.extension().is_some_and(|other| other == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&workspace().join(folder), extension, &mut found);
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap().display().to_string()
}

fn manifest(krate: &str) -> String {
    fs::read_to_string(workspace().join(krate).join("Cargo.toml")).unwrap()
}

/// Returns the part of a manifest from `[dependencies]` to the next table.
fn dependencies(krate: &str) -> Vec<String> {
    let text = manifest(krate);
    let (_, rest) = text.split_once("\n[dependencies]\n").unwrap();
    let table = rest.split("\n[").next().unwrap();
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn every_file_says_in_its_first_line_what_it_is_for() {
    let silent: Vec<_> = files("", "rs")
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .map(|file| shown(&file))
        .collect();
    assert!(silent.is_empty(), "these files do not open with `//!`: {silent:#?}");
}

/// Returns the numbers of the lines in which a closure binds `it`.
fn closures_that_bind_it(text: &str) -> Vec<usize> {
    let opens = |before: &str| {
        let before = before.trim_end();
        before.ends_with(['(', ',', '=', '>', '{', '[', ';', ':', '&']) || before.ends_with("move")
    };
    let binds = |arguments: &str| {
        let mut words = arguments.split([',', '(', ')']).filter_map(|part| part.split(':').next());
        words.any(|word| word.trim_matches(['&', ' ', '\n']).trim_start_matches("mut ") == "it")
    };
    let (mut found, mut number, mut before) = (Vec::new(), 1, "");
    for part in text.split('|') {
        if opens(before) && binds(part) {
            found.push(number);
        }
        number += part.matches('\n').count();
        before = part;
    }
    found
}

#[test]
fn every_closure_names_its_argument_by_what_it_is() {
    // Spelled with the bar apart, so that this file does not find itself.
    let bar = '|';
    for arguments in ["it", "&it", "mut it", "it: &str", "(_, it)", "sum, it"] {
        let text = format!("a\n.map({bar}{arguments}{bar} it)");
        assert_eq!(closures_that_bind_it(&text), [2], "{arguments}");
    }
    let other = format!("a.map({bar}item{bar} item) {bar} it {bar} b");
    assert!(closures_that_bind_it(&other).is_empty());

    let mut nameless = Vec::new();
    for file in files("", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for number in closures_that_bind_it(&text) {
            let line = text.lines().nth(number - 1).unwrap_or_default().trim();
            nameless.push(format!("{}:{number}: {line}", shown(&file)));
        }
    }
    assert!(
        nameless.is_empty(),
        "say what `it` is in these closures (`record`, `zone`, `line`; `other` where two of a kind \
         are compared): {nameless:#?}"
    );
}

#[test]
fn no_file_has_grown_a_second_subject_unseen() {
    let long: Vec<_> = files("", "rs")
        .into_iter()
        .filter(|file| fs::read_to_string(file).unwrap().lines().count() > MOST_LINES)
        .map(|file| shown(&file))
        .collect();
    let listed: Vec<_> = LONG.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(long, listed, "split files that are long, or list them with a reason");
}

#[test]
fn decisions_cannot_wait_log_or_look_at_a_clock() {
    for outside in [
        "tokio",
        "kube",
        "reqwest",
        "tracing",
        "clap",
        "axum",
        "rand",
        "jiff",
        "controller",
        "controller-sources",
    ] {
        assert!(
            !dependencies("controller/core").contains(&outside.to_owned()),
            "controller-core depends on `{outside}`"
        );
    }
    for file in files("controller/core/src", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for clock in ["SystemTime", "Instant::now", "thread_rng", "std::env"] {
            assert!(!text.contains(clock), "{} uses `{clock}`", shown(&file));
        }
    }
}

#[test]
fn manifests_name_our_crates_in_one_direction() {
    let ours = [
        "allocator",
        "controller",
        "controller-core",
        "controller-sources",
        "daemon",
        "external-dns-webhook",
        "input-files",
        "route53-webhook",
        "rfc2136-webhook",
        "route53-emulator",
        "kube-emulator",
        "name-server-emulator",
    ];
    let allowed = |krate: &str| match krate {
        "controller" => {
            vec![
                "allocator",
                "controller-core",
                "controller-sources",
                "daemon",
                "external-dns-webhook",
                "input-files",
            ]
        }
        "controller/sources" => vec!["controller-core", "external-dns-webhook"],
        "controller/core" => vec!["external-dns-webhook"],
        "route53-webhook" | "rfc2136-webhook" => {
            vec!["daemon", "external-dns-webhook", "input-files"]
        }
        "daemon" => vec!["allocator", "input-files"],
        "external-dns-webhook" => vec!["input-files"],
        _ => vec![],
    };
    for krate in [
        "allocator",
        "controller",
        "route53-webhook",
        "rfc2136-webhook",
        "external-dns-webhook",
        "daemon",
        "input-files",
        "controller/core",
        "controller/sources",
    ] {
        for name in dependencies(krate) {
            if ours.contains(&name.as_str()) {
                assert!(allowed(krate).contains(&name.as_str()), "{krate} depends on `{name}`");
            }
        }
    }
    assert!(!dependencies("controller").iter().any(|dependency| dependency.starts_with("aws-")));
    assert!(!dependencies("route53-webhook").iter().any(|dependency| dependency == "kube"));
}

/// Returns the words of a text that stand between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn each_module_of_the_controller_uses_only_those_after_it() {
    uses_only_those_after("controller/src");
}

#[test]
fn each_module_of_the_decisions_uses_only_those_after_it() {
    uses_only_those_after("controller/core/src");
}

/// Fails where a module of a library uses one that stands before it in the order at the top of `lib.rs`.
fn uses_only_those_after(source: &str) {
    let text = fs::read_to_string(workspace().join(source).join("lib.rs")).unwrap();
    let docs: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
    let order: Vec<_> = quoted(&docs).collect();
    let mut modules: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    modules.sort_unstable();
    assert_eq!(sorted, modules, "the order names each module once");
    for file in files(source, "rs") {
        let path = shown(&file);
        let inside = path.strip_prefix(source).unwrap().trim_start_matches('/');
        let own = inside.split(['/', '.']).next().unwrap();
        let Some(at) = order.iter().position(|module| *module == own) else { continue };
        if inside.ends_with("tests.rs") || inside.contains("/tests/") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for used in code.split("crate::").skip(1) {
            let used = used.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
            let place = order.iter().position(|module| Some(*module) == used);
            assert!(place.is_none_or(|place| place >= at), "{path} uses `{}`", used.unwrap());
        }
    }
}

#[test]
fn what_contributors_are_sent_to_is_there() {
    let text = fs::read_to_string(workspace().join("CONTRIBUTING.md")).unwrap();
    let is_path = |word: &&str| {
        let of_files = [".rs", ".md", ".yaml", ".yml", ".toml", ".json", "/"];
        word.contains('/') && of_files.iter().any(|end| word.ends_with(end))
    };
    // Words in capitals stand for what the contributor chooses.
    let is_pattern = |word: &&str| {
        let capitals = |part: &str| part.len() > 1 && part.chars().all(char::is_uppercase);
        word.contains(['<', '…', '*', '{', ' ']) || word.split(['/', '.', '_', '-']).any(capitals)
    };
    let sent_to: Vec<_> = quoted(&text).filter(is_path).filter(|word| !is_pattern(word)).collect();
    assert!(sent_to.len() > 20, "{sent_to:?}");
    let known: Vec<_> = ["rs", "md", "yaml", "yml", "toml", "json"]
        .into_iter()
        .flat_map(|extension| files("", extension))
        .map(|file| shown(&file))
        .collect();
    for path in sent_to {
        // Most are told from the folder that the sentence began with.
        let (end, folder) = (format!("/{path}"), format!("/{}", path.trim_end_matches('/')));
        let is_it = |file: &String| file.ends_with(&end) || file.contains(&format!("{folder}/"));
        let is_there = workspace().join(path).exists() || known.iter().any(is_it);
        assert!(is_there, "CONTRIBUTING.md names `{path}`");
    }
}

#[test]
fn no_comment_counts_what_stands_in_a_document_that_is_not_here() {
    for file in files("", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        let comments = text.lines().filter(|line| line.trim_start().starts_with("//"));
        for comment in comments {
            let mut words = comment.split_whitespace().peekable();
            while let Some(word) = words.next() {
                let is_code = ["Case", "Cases", "Story", "Stories"].contains(&word);
                let number = words.peek().and_then(|next| next.chars().next());
                let counts = is_code && number.is_some_and(|first| first.is_ascii_digit());
                assert!(!counts, "{}: {comment}", shown(&file));
            }
        }
    }
}

#[test]
fn comments_say_the_user_or_the_program_and_no_word_that_is_neither() {
    for file in files("", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        for comment in text.lines().filter(|line| line.trim_start().starts_with("//")) {
            let mut words = comment.split(|character: char| !character.is_alphabetic());
            let found = words.find(|word| {
                ["somebody", "whoever"].iter().any(|private| word.eq_ignore_ascii_case(private))
            });
            assert_eq!(found, None, "{}: {comment}", shown(&file));
        }
    }
}

#[test]
fn an_error_goes_into_the_log_with_its_causes_whatever_the_form() {
    // As JSON, an error that is given as one is its own sentence alone.
    for file in files("", "rs") {
        let text = fs::read_to_string(&file).unwrap();
        let at = text.lines().position(|line| {
            line.contains("error = ") && line.contains(" as &dyn ") && !line.contains("let ")
        });
        assert_eq!(at, None, "{}: give `chain(&error)`", shown(&file));
    }
}

/// Returns the folders of the provider processes: every `…-webhook` but the protocol.
fn providers() -> Vec<String> {
    let text = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let members =
        text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    let found: Vec<_> = members
        .filter(|member| member.ends_with("-webhook") && *member != "external-dns-webhook")
        .map(str::to_owned)
        .collect();
    assert!(found.len() > 1, "{found:?}");
    found
}

#[test]
fn every_provider_stands_wherever_programs_are_listed() {
    for list in [
        ".github/workflows/release.yml",
        "Dockerfile",
        "README.md",
        "SECURITY.md",
        "docs/architecture.md",
        "docs/flags.md",
        "docs/metrics.md",
        "tests/tests/dependencies.rs",
    ] {
        let text = fs::read_to_string(workspace().join(list)).unwrap();
        for provider in providers() {
            assert!(text.contains(&provider), "{list} has no `{provider}`");
        }
    }
}

#[test]
fn a_provider_leaves_the_life_of_its_process_to_the_one_mechanism() {
    for krate in providers() {
        for file in files(&format!("{krate}/src"), "rs") {
            let text = fs::read_to_string(&file).unwrap();
            for part in
                ["Listener::bind", "Signals", "Reloader", "TaskTracker", "Log::start", "axum::"]
            {
                let code = text.split("#[cfg(test)]").next().unwrap();
                let is_test = shown(&file).contains("/tests");
                assert!(is_test || !code.contains(part), "{} does `{part}` itself", shown(&file));
            }
        }
    }
}

#[test]
fn what_is_written_on_wires_is_spelled_in_one_place() {
    for (text, folder, home) in [
        ("external-dns.alpha.kubernetes.io/", "controller/src", "sources/src/annotations"),
        ("external-dns.alpha.kubernetes.io/", "controller/sources", "sources/src/annotations"),
        ("\"heritage=external-dns", "controller/core/src", "inventory/ownership_record"),
        ("application/external.dns.webhook+json", "external-dns-webhook/src", "media_type"),
    ] {
        for file in files(folder, "rs") {
            let path = shown(&file);
            if path.contains(home) || path.contains("tests") || path.ends_with("args/groups.rs") {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            let code: String =
                code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            assert!(!code.contains(text), "{path} spells `{text}`; it belongs to {home}");
        }
    }
}

#[test]
fn nothing_is_left_undone_or_ignored() {
    for folder in [
        "external-dns-webhook/src",
        "controller",
        "route53-webhook/src",
        "rfc2136-webhook",
        "tests",
    ] {
        for file in files(folder, "rs") {
            let text = fs::read_to_string(&file).unwrap();
            // Spelled in two halves, so that this file does not find itself.
            for undone in
                [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[igno", "re")]
            {
                assert!(!text.contains(undone), "{} has `{undone}`", shown(&file));
            }
        }
    }
}

#[test]
fn the_project_speaks_of_no_machine() {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/tm", "p/bash")];
    for extension in ["rs", "md", "toml", "yaml", "yml", "json", "sh", "go", "py"] {
        for file in files("", extension) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            for folder in folders {
                assert!(!text.contains(folder), "{} names a folder of some machine", shown(&file));
            }
        }
    }
}

/// Returns the name of the public type that a line of formatted code declares.
fn public_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(") ")?.1,
        None => rest.strip_prefix(' ')?,
    };
    let rest = rest.strip_prefix("unsafe ").unwrap_or(rest);
    let (keyword, rest) = rest.split_once(' ')?;
    let is_type = ["enum", "struct", "trait", "type", "union"].contains(&keyword);
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    is_type.then(|| end.map_or(rest, |end| rest.split_at(end).0))
}

#[test]
fn the_name_of_a_public_type_stands_for_one_thing_in_a_crate() {
    for line in ["pub struct Key<'a> {", "pub(crate) enum Key {", "pub(super) trait Key: Send {"] {
        assert_eq!(public_type(line), Some("Key"));
    }
    for line in ["pub fn key() {", "struct Key;", "    pub type Key = u8;", "publish(Key);"] {
        assert_eq!(public_type(line), None);
    }

    let mut manifests = files("", "toml");
    manifests.retain(|path| path.ends_with("Cargo.toml"));
    let mut twice = Vec::new();
    for krate in manifests.iter().map(|path| path.parent().unwrap().join("src")) {
        if !krate.is_dir() {
            continue;
        }
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files(krate.to_str().unwrap(), "rs") {
            let path = shown(&file);
            if path.ends_with("/tests.rs") || path.contains("/tests/") && !path.contains("/src/") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for name in text.lines().filter_map(public_type) {
                places.entry(name.to_owned()).or_default().push(path.clone());
            }
        }
        twice.extend(places.into_iter().filter(|(_, places)| places.len() > 1));
    }
    assert!(twice.is_empty(), "each of these names stands for several things: {twice:#?}");
}

#[test]
fn every_threat_of_the_page_names_tests_that_there_are() {
    let page = fs::read_to_string(workspace().join("docs/security.md")).unwrap();
    let code: Vec<_> =
        files("", "rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 10, "the table is gone");
    for row in rows {
        let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
        assert_eq!(cells.len(), 3, "threat, what happens, tests: {row}");
        let names: Vec<_> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test guards: {row}");
        for name in names {
            let test = format!("fn {name}(");
            assert!(code.iter().any(|text| text.contains(&test)), "there is no test `{name}`");
        }
    }
}
