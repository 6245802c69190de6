//! Commands that Terraform runs itself ([local-exec], [remote-exec]).
//!
//! [local-exec]: https://developer.hashicorp.com/terraform/language/resources/provisioners/local-exec
//! [remote-exec]: https://developer.hashicorp.com/terraform/language/resources/provisioners/remote-exec

use super::super::hcl::{self, Block, Body, Expression};
use super::{Scope, Start, job, text_at};

/// What of a provisioner sets nothing of what it runs.
const HARMLESS: [&str; 5] = ["connection", "on_failure", "quiet", "when", "working_dir"];

/// Returns the starts in commands that a text of Terraform has run.
pub(in super::super) fn of_provisioners(text: &str) -> Vec<Start> {
    let mut found = Vec::new();
    if let Ok(body) = hcl::read(text) {
        below(&body, &mut found);
    }
    found
}

/// Returns the commands that a text of Terraform has run, one a line.
pub(in super::super) fn provisioned(text: &str) -> String {
    let mut lines = Vec::new();
    if let Ok(body) = hcl::read(text) {
        lines_below(&body, &mut lines);
    }
    lines.join("\n")
}

fn lines_below(body: &Body, lines: &mut Vec<String>) {
    for block in &body.blocks {
        if block.name == "provisioner" {
            lines.extend(block.body.attributes.iter().flat_map(lines_of));
        } else {
            lines_below(&block.body, lines);
        }
    }
}

/// Returns the lines of commands in an attribute of a provisioner.
fn lines_of((key, value): &(String, Expression)) -> Vec<String> {
    match (key.as_str(), value) {
        ("command", value) => vec![job::wording(value).written().to_owned()],
        ("inline", Expression::List(items)) => {
            items.iter().map(|item| job::wording(item).written().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

/// Words of commands that may change what is installed, or install another.
const CHANGING: [&str; 3] = ["external-dns", "helm", "kubectl"];

/// Resources that change what something else has made.
const PATCHES: [&str; 2] = ["kubernetes_env", "kubernetes_annotations"];

/// Tells what in a text of Terraform may change an installation that stands in it beside: a command, or a resource that
/// is a patch. `None` where nothing does.
pub(in super::super) fn changes_beside(text: &str) -> Option<String> {
    let body = hcl::read(text).ok()?;
    changing(&body)
}

fn changing(body: &Body) -> Option<String> {
    body.blocks.iter().find_map(|block| {
        let written = || format!("{:?}", block.body);
        match block.name.as_str() {
            "provisioner" if CHANGING.iter().any(|word| written().contains(word)) => {
                Some("provisioner".to_owned())
            }
            "resource" => {
                let patch = block.labels.iter().find(|label| PATCHES.contains(&label.as_str()));
                patch.cloned().or_else(|| changing(&block.body))
            }
            _ => changing(&block.body),
        }
    })
}

fn below(body: &Body, found: &mut Vec<Start>) {
    for block in &body.blocks {
        match block.name.as_str() {
            "provisioner" => provisioner(block, found),
            _ => below(&block.body, found),
        }
    }
}

fn provisioner(block: &Block, found: &mut Vec<Start>) {
    let mut scope = Scope::default();
    let (mut lines, mut unread) = (Vec::new(), Vec::new());
    for attribute in &block.body.attributes {
        let (key, value) = attribute;
        match (key.as_str(), value) {
            ("command", _) | ("inline", Expression::List(_)) => lines.extend(lines_of(attribute)),
            ("environment", Expression::Map(pairs)) => {
                for (name, value) in pairs {
                    scope.set(job::wording(name).written(), job::wording(value), true);
                }
            }
            (key, _) if HARMLESS.contains(&key) => {}
            (key, _) => unread.push(format!("provisioner: {key}")),
        }
    }
    for mut start in text_at(&lines.join("\n"), &scope, 1) {
        // Terraform hands its own on.
        start.beside("variables that are not in this text");
        for place in &unread {
            start.beside(place.clone());
        }
        found.push(start);
    }
}
