//! Jobs of Nomad ([job specification]).
//!
//! [job specification]: https://developer.hashicorp.com/nomad/docs/job-specification

use serde_json::Value;

use super::super::hcl::{self, Block, Body, Expression, Piece};
use super::{Start, Wording, is_program};

/// What is said of a job without a task that is the program's.
const NONE: &str = "no task of the job is ExternalDNS's: give what runs (`docker inspect CONTAINER`), or the arguments themselves \
     (`signpost convert -- --source=…`)";

/// What of a task sets nothing of the program.
const HARMLESS: [&str; 22] = [
    "affinity",
    "constraint",
    "consul",
    "driver",
    "identity",
    "kill_signal",
    "kill_timeout",
    "leader",
    "lifecycle",
    "logs",
    "meta",
    "resources",
    "restart",
    "scaling",
    "service",
    "shutdown_delay",
    "spread",
    "user",
    "action",
    "config",
    "env",
    "kind",
];

/// What of the settings of a driver sets nothing of the program.
const OF_DRIVER: [&str; 26] = [
    "args",
    "auth",
    "auth_soft_fail",
    "cap_add",
    "cap_drop",
    "command",
    "cpu_hard_limit",
    "dns_servers",
    "entrypoint",
    "extra_hosts",
    "force_pull",
    "hostname",
    "image",
    "image_pull_timeout",
    "init",
    "interactive",
    "labels",
    "logging",
    "network_mode",
    "ports",
    "privileged",
    "readonly_rootfs",
    "security_opt",
    "tty",
    "userns_mode",
    "work_dir",
];

/// Tells whether a text is such a job.
pub(in super::super) fn is_job(text: &str) -> bool {
    let opens = |line: &str| {
        let rest = line.strip_prefix("job")?.trim_start().strip_prefix('"')?;
        rest.trim_end().ends_with('{').then_some(())
    };
    text.lines().any(|line| opens(line).is_some()) && text.contains("task")
}

/// Reads such a job.
///
/// # Errors
///
/// Returns what is wrong with it, or that no task is the program's.
pub(super) fn read(text: &str) -> Result<Vec<Start>, String> {
    let body = hcl::read(text).map_err(|error| {
        format!("it cannot be read as a job of Nomad: {error}; give the task's arguments themselves (`signpost convert -- --source=…`)")
    })?;
    let mut found = Vec::new();
    tasks(&body, &mut found);
    if found.is_empty() { Err(NONE.to_owned()) } else { Ok(found) }
}

fn tasks(body: &Body, found: &mut Vec<Start>) {
    for block in &body.blocks {
        if block.name == "task" {
            found.extend(task(block));
        } else {
            tasks(&block.body, found);
        }
    }
}

fn task(block: &Block) -> Option<Start> {
    let name = block.labels.first().cloned().unwrap_or_default();
    let config = block.body.blocks.iter().find(|block| block.name == "config")?;
    let given = |key: &str| {
        config.body.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    };
    let is_ours =
        |key: &str| given(key).map(wording).is_some_and(|text| is_program(text.written()));
    if !is_ours("image") && !is_ours("command") {
        return None;
    }
    let mut start = Start::default();
    for key in ["entrypoint", "command", "args"] {
        match given(key) {
            None => {}
            Some(Expression::List(items)) => start.words.extend(items.iter().map(wording)),
            Some(one @ Expression::Text(_)) => start.words.push(wording(one)),
            Some(_) => start.beside(format!("task {name}: {key}")),
        }
    }
    for (key, value) in &config.body.attributes {
        match key.as_str() {
            "volumes" | "mounts" => start.mounts(&format!("task {name}: {key}")),
            key if OF_DRIVER.contains(&key) => {}
            _ => {
                let _ = value;
                start.beside(format!("task {name}: config.{key}"));
            }
        }
    }
    for inner in &config.body.blocks {
        match inner.name.as_str() {
            "mount" => start.mounts(&format!("task {name}: mount")),
            key if OF_DRIVER.contains(&key) => {}
            key => start.beside(format!("task {name}: config.{key}")),
        }
    }
    for (key, value) in &block.body.attributes {
        match (key.as_str(), value) {
            ("env", Expression::Map(pairs)) => {
                for (name, value) in pairs {
                    start.set(wording(name).written(), wording(value));
                }
            }
            (key, _) if HARMLESS.contains(&key) && key != "env" => {}
            (key, _) => start.beside(format!("task {name}: {key}")),
        }
    }
    for inner in &block.body.blocks {
        match inner.name.as_str() {
            "env" => {
                for (name, value) in &inner.body.attributes {
                    start.set(name, wording(value));
                }
            }
            key if HARMLESS.contains(&key) => {}
            "volume_mount" => start.mounts(&format!("task {name}: volume_mount")),
            // It may write variables, or a file that is read.
            key => start.beside(format!("task {name}: {key}")),
        }
    }
    Some(start)
}

/// Returns what an expression says, as far as it is written out.
pub(super) fn wording(expression: &Expression) -> Wording {
    match expression {
        Expression::Text(pieces) => {
            let said: Option<String> = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => Some(text.as_str()),
                    Piece::Inner(_) => None,
                })
                .collect();
            let written = || {
                let written = pieces.iter().map(|piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Inner(inner) => format!("${{{}}}", named(inner)),
                });
                Wording::Open(written.collect())
            };
            said.map_or_else(written, Wording::Known)
        }
        Expression::Literal(Value::String(text)) => Wording::Known(text.clone()),
        Expression::Literal(value) if !value.is_null() => Wording::Known(value.to_string()),
        other => Wording::Open(named(other)),
    }
}

/// Returns what stands for an expression that is not worked out.
fn named(expression: &Expression) -> String {
    match expression {
        Expression::Path(path) => path.join("."),
        Expression::Call { text, .. } | Expression::Computed(text) => text.clone(),
        Expression::Literal(_) | Expression::Text(_) | Expression::List(_) | Expression::Map(_) => {
            "…".to_owned()
        }
    }
}
