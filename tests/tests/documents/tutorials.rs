//! Types what the pages tell a reader to type, and compares what they say one sees.

use std::fs;
use std::process::{Command, Stdio};

use e2e::outside;
use e2e::programs::workspace;

use super::markdown::{self, Block};
use super::stage::Stage;

/// How a page says that a block of commands is not run, and why.
const NOT_RUN: &str = "not run: ";

#[tokio::test]
async fn the_readme_works_as_typed() {
    play("README.md").await;
}

#[tokio::test]
async fn the_page_about_trouble_works_as_typed() {
    play("docs/troubleshooting.md").await;
}

#[tokio::test]
async fn the_page_for_authors_of_providers_works_as_typed() {
    play("proto-docs/README.md").await;
}

#[tokio::test]
async fn the_local_tutorial_works_as_typed() {
    play("docs/tutorials/a-local.md").await;
}

#[tokio::test]
async fn the_tutorial_for_eks_works_as_typed() {
    play("docs/tutorials/b-eks.md").await;
}

#[tokio::test]
async fn the_tutorial_about_zones_and_policies_works_as_typed() {
    play("docs/tutorials/c-zones-and-policies.md").await;
}

#[tokio::test]
async fn the_tutorial_for_home_labs_works_as_typed() {
    play("docs/tutorials/d-home-lab.md").await;
}

#[tokio::test]
async fn the_tutorial_about_moving_works_as_typed() {
    play("docs/tutorials/e-moving.md").await;
}

#[tokio::test]
async fn the_tutorial_about_other_halves_works_as_typed() {
    play("docs/tutorials/f-mix-and-match.md").await;
}

#[tokio::test]
async fn the_tutorial_about_providers_works_as_typed() {
    play("docs/tutorials/g-write-a-provider.md").await;
}

#[tokio::test]
async fn the_tutorial_about_own_name_servers_works_as_typed() {
    if outside::has_programs(&["named", "tsig-keygen", "dig"], "the tutorial about name servers") {
        play("docs/tutorials/h-own-name-server.md").await;
    }
}

#[test]
fn every_command_of_a_tutorial_is_run_or_says_why_not() {
    let own = include_str!("tutorials.rs");
    for entry in fs::read_dir(workspace().join("docs/tutorials")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let page = format!("docs/tutorials/{name}");
        let text = fs::read_to_string(workspace().join(&page)).unwrap();
        let is_run = own.contains(&format!("play(\"{page}\")"));
        assert!(is_run || name == "README.md", "{page} is not run");
        let commands = markdown::blocks(&text).into_iter();
        for block in commands.filter(|block| ["sh", "console"].contains(&block.language.as_str())) {
            let says_why = block.note.strip_prefix(NOT_RUN).is_some_and(|why| !why.is_empty());
            assert!(
                block.note.starts_with("run") || says_why,
                "{page}, line {}: neither `run` nor `{NOT_RUN}…` stands before it",
                block.line
            );
        }
    }
}

async fn play(page: &str) {
    if !equipped(page) {
        return;
    }
    let text = fs::read_to_string(workspace().join(page)).unwrap();
    let all = markdown::blocks(&text);
    let run: Vec<&Block> = all.iter().filter(|block| block.note.starts_with("run")).collect();
    assert!(!run.is_empty(), "{page} has nothing to run");
    let needs_helm = run.iter().any(|block| block.text.contains("helm "));
    if needs_helm && outside::installed("SIGNPOST_HELM", page).is_none() {
        return;
    }
    let outputs = Stage::set().await.play(page, &run);
    let mut printed = "";
    for block in &all {
        if let Some(at) = run.iter().position(|other| other.line == block.line) {
            printed = &outputs[at];
        }
        let promised: Vec<_> = match (block.note.as_str(), block.language.as_str()) {
            ("shows", _) => block.text.lines().filter(|line| !line.trim().is_empty()).collect(),
            (note, "console") if note.starts_with("run") => block.printed(),
            _ => continue,
        };
        for line in promised {
            // Dots stand for what differs from run to run.
            let found = line.split('…').all(|part| printed.contains(part.trim()));
            assert!(found, "{page}, line {}: no `{line}` in\n{printed}", block.line);
        }
    }
}

/// Tells whether the machine has what pages are typed into; without, it says so, or fails in CI.
#[expect(clippy::print_stderr, reason = "a skipped suite must be seen without a flag")]
#[expect(clippy::disallowed_methods, reason = "the environment says whether this is CI")]
fn equipped(page: &str) -> bool {
    for program in ["bash", "curl", "kubectl", "python3", "timeout"] {
        let mut there = Command::new(program);
        there.arg("--help").stdout(Stdio::null()).stderr(Stdio::null());
        if there.status().is_err() {
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!in_ci, "cannot run {page}: there is no `{program}`");
            eprintln!("SKIPPING {page}: there is no `{program}`");
            return false;
        }
    }
    true
}
