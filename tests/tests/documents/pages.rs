//! What must hold for every page, whether it is run or not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use e2e::process::Program;
use e2e::programs::{self, workspace};

use super::markdown;

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in links(&text) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let found = path.exists()
                && (anchor.is_empty()
                    || headings(&fs::read_to_string(&path).unwrap()).contains(anchor));
            if !found {
                broken.push(format!("{}: {target}", shown(&page)));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere: {broken:#?}");
}

#[test]
fn the_page_for_authors_shows_the_provider_that_runs() {
    let page = fs::read_to_string(workspace().join("proto-docs/README.md")).unwrap();
    let provider = fs::read_to_string(workspace().join("proto-docs/examples/provider.py")).unwrap();
    let shown =
        markdown::blocks(&page).into_iter().find(|block| block.language == "python").unwrap();
    assert_eq!(shown.text, provider);
}

#[test]
fn every_flag_in_a_command_is_one_of_the_program() {
    let help = |program, commands: &[&[&str]]| -> String {
        let run =
            |words: &&[&str]| Program::new(program).args(words.iter().copied()).run().unwrap();
        commands.iter().map(run).map(|run| run.stdout).collect()
    };
    let signpost = help(
        programs::SIGNPOST,
        &[
            &["run", "--help"],
            &["endpoints", "--help"],
            &["plan", "--help"],
            &["check", "--help"],
            &["conformance", "--help"],
            &["ownership", "migrate", "--help"],
            &["ownership", "adopt", "--help"],
        ],
    );
    let sidecar = help(programs::SIDECAR, &[&["--help"], &["iam-policy", "--help"]]);
    let name_servers = help(programs::NAME_SERVERS, &[&["--help"]]);
    let mut unknown = Vec::new();
    for page in pages() {
        for block in markdown::blocks(&fs::read_to_string(&page).unwrap()) {
            if block.note == "run, fails" {
                continue;
            }
            for command in block.commands() {
                for (program, help) in [
                    ("signpost", &signpost),
                    ("route53-webhook", &sidecar),
                    ("rfc2136-webhook", &name_servers),
                ] {
                    let is_there = |flag: &String| {
                        [" ", "\n", "["].iter().any(|end| help.contains(&format!("{flag}{end}")))
                    };
                    let missing =
                        flags(&command, program).into_iter().filter(|flag| !is_there(flag));
                    unknown
                        .extend(missing.map(|flag| format!("{}: {program} {flag}", shown(&page))));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "these flags do not exist: {unknown:#?}");
}

/// Returns the flags that `command` gives to `program`; none if it is about something else.
fn flags(command: &str, program: &str) -> Vec<String> {
    let words: Vec<_> = command.split_whitespace().collect();
    let is_called = |at: usize| {
        words[at].rsplit('/').next() == Some(program)
            && !words[at].starts_with("deployment/")
            && words[..at]
                .last()
                .is_none_or(|word| ["|", "--bin"].contains(word) || word.contains('='))
    };
    let Some(at) = (0..words.len()).find(|at| is_called(*at)) else { return Vec::new() };
    words[at..]
        .iter()
        .take_while(|word| !["|", "&", "&&", ">"].contains(word))
        .filter(|word| word.starts_with("--") && **word != "--")
        .map(|word| word.split('=').next().unwrap_or(word).to_owned())
        .collect()
}

fn pages() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&workspace(), &mut found);
    found.sort();
    found
}

fn shown(page: &Path) -> String {
    page.strip_prefix(workspace()).unwrap_or(page).display().to_string()
}

/// Returns what the links of a page point to, inside the project.
fn links(text: &str) -> Vec<String> {
    let outside_code: String = text.split("```").step_by(2).collect();
    outside_code
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|part| !part.contains("://") && !part.is_empty() && !part.contains(' '))
        .map(str::to_owned)
        .collect()
}

/// Returns the anchors that headings get.
fn headings(text: &str) -> BTreeSet<String> {
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|character| character.is_alphanumeric() || " -_".contains(*character));
        kept.map(|character| if character == ' ' { '-' } else { character }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}
