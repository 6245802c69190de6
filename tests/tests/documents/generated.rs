//! Pages that are written from the code: stale ones fail, and `cargo bless` writes them anew.

use std::fmt::Write as _;
use std::fs;

use clap::{Arg, Command, CommandFactory as _};
use controller::args::{self, Cli, Whereabouts};
use controller_core::status::Reason;
use controller_sources::objects::KINDS;
use controller_sources::{SOURCES, WatchScope};
use daemon::metrics::Description;
use daemon::metrics::Exposition as _;
use e2e::cluster::documents;
use e2e::outside;
use e2e::programs::workspace;
use external_dns_webhook::RefusalCode;
use external_dns_webhook::conformance::Check;
use serde_json::Value;

#[test]
fn the_page_of_reasons_is_what_the_code_says() {
    let mut page = String::from(
        "# Reasons\n\n\
         Every name that an object wants, and every record that is ours, ends a sync with one of these. They are in the log when they\n\
         change, at `/v1/plan` and `/v1/explain`, in `signpost plan`, and in the metric `external_dns_controller_record_status`. The sentences\n\
         show example values. Generated from `controller/core/src/status.rs`.\n\n\
         | Code | Sentence | What to do |\n|---|---|---|\n",
    );
    for row in Reason::catalogue() {
        let hint = if row.hint.is_empty() { "–" } else { row.hint };
        writeln!(page, "| `{}` | {} | {} |", row.code, cell(&row.sentence), cell(hint)).unwrap();
    }
    holds("docs/reasons.md", &page);
}

#[test]
fn the_page_of_checks_is_what_the_code_says() {
    let mut page = String::from(
        "# What `signpost conformance` tries\n\n\
         In this order. A check is skipped when one that it builds on is not met, when it is about an [extension](extensions.md) that is not\n\
         offered, and, from `zone-served` on, when nothing may be written. Generated from `external-dns-webhook/src/conformance/check.rs`.\n\n\
         | Check | What must hold | Where that is written |\n|---|---|---|\n",
    );
    for check in Check::ALL {
        let (id, section) = (check.id(), check.section());
        writeln!(page, "| `{id}` | {} | [{section}]({section}) |", cell(check.demand())).unwrap();
    }
    holds("proto-docs/conformance.md", &page);
}

#[test]
fn the_page_of_sources_is_what_the_code_says() {
    let mut page = String::from(
        "# Sources\n\n\
         What `--source` takes, and what each reads: what the chart's roles allow and what RBAC must allow with `get`, `list` and `watch`.\n\
         Generated from `controller/sources/src/table.rs`.\n\n\
         | Source | Gives | Reads | Templates |\n|---|---|---|---|\n",
    );
    for row in SOURCES {
        let read = |watched_kind: &controller_sources::WatchedKind| {
            let mut text = format!("{}", watched_kind.kind);
            match watched_kind.scope {
                WatchScope::Namespaces => {}
                WatchScope::Cluster => text.push_str(", everywhere"),
                WatchScope::GatewayNamespace => text.push_str(", in `--gateway-namespace`"),
                WatchScope::GlooNamespaces => text.push_str(", in `--gloo-namespace`"),
            }
            if !watched_kind.when_doc.is_empty() {
                write!(text, " ({})", watched_kind.when_doc).unwrap();
            }
            text
        };
        let reads: Vec<_> = row.reads.iter().map(read).collect();
        let templates = if row.templates { "yes" } else { "–" };
        let reads = if reads.is_empty() { "–".to_owned() } else { cell(&reads.join("<br>")) };
        writeln!(page, "| `{}` | {} | {reads} | {templates} |", row.name, cell(row.doc)).unwrap();
    }
    page.push_str(
        "\nA status is written to the objects of `crd` only, which needs `update` and `patch` on `dnsendpoints/status`.\n\n\
         ## Versions\n\n\
         Of each kind the first version that the API server has is read; manifests may have any. Where it has none of them, the\n\
         source says which it has, and its records stay. Generated from `controller/sources/src/objects/kinds.rs`.\n\n\
         | Kind | Versions |\n|---|---|\n",
    );
    for kind in KINDS {
        writeln!(page, "| {} | {} |", kind.id(), kind.versions.join(", ")).unwrap();
    }
    holds("docs/sources.md", &page);
}

#[test]
fn the_page_of_flags_is_what_the_code_says() {
    let mut page = String::from(
        "# Flags\n\n\
         Every flag of each program, as `--help` has them. Each can also be set as a variable: `EXTERNAL_DNS_` and its name in capitals with\n\
         underscores; the command line wins. A flag that says `repeatable` takes one value each time, and in its variable one value a line. Durations are\n\
         written as `1m30s`, `500ms` or `0`. Toggles are `--flag`, `--no-flag`, `--flag=true` and `--flag=false`. `status --namespace` is part of a question and not the flag of `run`: no\n\
         variable and no file sets it. Generated from the code.\n\n\
         Every program also takes them from the YAML file of `--config`: a key is a flag without its dashes, a list is for a repeatable flag. The\n\
         command line and variables win over the file, and a key that is no flag is an error. An empty variable and a key\n\
         without a value count as left out; those of what guards something, such as a file of tokens or `--namespace-domain`, are refused, and\n\
         in the file those of filters and limits as well. A file that sets no flag is refused: empty, or cut. While they run, the file is read again when\n\
         it changes (a mounted ConfigMap, too) and on SIGHUP. It is taken whole or not at all: where it makes no sense or changes\n\
         a flag that needs a restart, everything stays as it is, and `/readyz` says why. A filter, a limit or another guard that was set\n\
         and is set no more is named in a warning of the log.\n",
    );
    writeln!(page, "\nTaken while `signpost run` runs: {}.", args::reloaded()).unwrap();
    let sidecars = route53_webhook::args::reloaded();
    writeln!(page, "\nTaken while `route53-webhook` runs: {sidecars}.").unwrap();
    let name_servers = rfc2136_webhook::args::reloaded();
    writeln!(page, "\nTaken while `rfc2136-webhook` runs: {name_servers}.").unwrap();
    let mut signpost = Cli::command();
    signpost.build();
    page.push_str("\n## `signpost run`\n");
    let run = signpost.find_subcommand("run").unwrap();
    flags(&mut page, run, |_| true);
    for command in signpost.get_subcommands().filter(|command| command.get_name() != "run") {
        commands(&mut page, "signpost", command, run);
    }
    page.push_str("\n## `route53-webhook`\n");
    let mut sidecar = route53_webhook::args::Args::command();
    sidecar.build();
    flags(&mut page, &sidecar, |_| true);
    for command in sidecar.get_subcommands().filter(|command| command.get_name() != "help") {
        let is_own =
            |arg: &Arg| sidecar.get_arguments().all(|argument| argument.get_id() != arg.get_id());
        if command.get_arguments().any(is_own) {
            let (name, about) = (command.get_name(), about(command));
            writeln!(page, "\n## `route53-webhook {name}`\n\n{about}.").unwrap();
            page.push_str("\nAll flags of the program are taken as well.\n");
            flags(&mut page, command, is_own);
        }
    }
    page.push_str("\n## `rfc2136-webhook`\n");
    let mut name_servers = rfc2136_webhook::args::Args::command();
    name_servers.build();
    flags(&mut page, &name_servers, |_| true);
    holds("docs/flags.md", &page);
}

#[test]
fn the_charts_list_of_what_needs_no_restart_is_what_the_code_says() {
    let mut page =
        String::from("# Flags that change without a restart. Generated from the code.\n");
    let programs = [
        ("signpost", args::reloaded()),
        ("route53-webhook", route53_webhook::args::reloaded()),
        ("rfc2136-webhook", rfc2136_webhook::args::reloaded()),
    ];
    for (program, flags) in programs {
        writeln!(page, "{program}:").unwrap();
        for flag in flags.0 {
            writeln!(page, "  - {flag}").unwrap();
        }
    }
    holds("charts/signpost/reloaded.yaml", &page);
}

/// Which metrics move in which situation; the tests of syncs have each cell.
const SITUATIONS: &str = "\
\n## What moves when

What alerts of ExternalDNS watch moves as it does there: one record that the provider refuses when it is to be written is a
sync that failed, and so is a source that cannot be read. `last_completed` is ours: syncs go through all the same.
`external_dns_controller_record_status` follows every sync, whatever it looked at and however it ended.

| Situation | `registry_errors_total` | `source_errors_total` | `consecutive_soft_errors` | `last_sync` | `last_completed` |
|---|---|---|---|---|---|
| all is well | – | – | 0 | moves | moves |
| the provider cannot be reached, or answers with an error | each sync | – | each sync | stays | stays |
| the provider refuses one record of many | each sync | – | each sync | stays | moves |
| a zone cannot be used, and something in it is to be written | each sync that looks at it | – | each sync that looks at it | stays | moves |
| the provider refuses every record | each sync | – | each sync | stays | moves |
| a source cannot be read | – | each sync | each sync | stays | moves |
";

#[test]
fn the_page_of_metrics_is_what_the_code_says() {
    let mut page = String::from(
        "# Metrics\n\n\
         Every program serves `/metrics`: `signpost` on `--metrics-address` (port 7979), the providers on their own (port 8080), in\n\
         Prometheus' text format. Names that ExternalDNS has keep its name, type and labels. Names of records are\n\
         never labels, so the number of series is bounded. Generated from the code.\n",
    );
    for (program, described) in [
        ("signpost", controller::metrics::Metrics::new().descriptions()),
        ("route53-webhook", route53_webhook::metrics::Metrics::default().descriptions()),
        ("rfc2136-webhook", rfc2136_webhook::metrics::Metrics::default().descriptions()),
    ] {
        writeln!(page, "\n## `{program}`\n\n| Name | Type | Labels | Meaning |\n|---|---|---|---|")
            .unwrap();
        let mut rows = rows(described);
        rows.sort();
        page.extend(rows);
    }
    page.push_str(
        "\n## What became of changes\n\n\
         `external_dns_controller_changes_total` counts each record set by `result` and `reason`. What is `refused` has the reason\n\
         `ProviderRejected` in `signpost status`, and the word of this table in its sentence.\n\n\
         | `result` | `reason` | What it means |\n|---|---|---|\n",
    );
    for (result, reason, meaning) in controller::metrics::CHANGE_REASONS {
        writeln!(page, "| `{result}` | `{reason}` | {meaning} |").unwrap();
    }
    let extensions = fs::read_to_string(workspace().join("proto-docs/extensions.md")).unwrap();
    for code in RefusalCode::KNOWN {
        let start = format!("| `{code}` | ");
        let meaning = extensions.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
        writeln!(page, "| `refused` | `{code}` | {meaning}").unwrap();
    }
    page.push_str("| `refused` | `Other` | a word of the provider's own |\n");
    page.push_str(SITUATIONS);
    page.push_str(
        "\n## Alerts: what to page on\n\n\
         `prometheusRule.enabled=true` of the chart makes these, from `charts/signpost/alerts.yaml`. Page on those that are `critical`: names go\n\
         stale, or those of other owners are in danger. The others can wait for the morning: DNS keeps its last values meanwhile.\n\n\
         | Alert | Severity | When | For | What to do |\n|---|---|---|---|---|\n",
    );
    page.extend(alerts());
    holds("docs/metrics.md", &page);
}

/// Returns a row for each alert of the chart, the critical ones first.
fn alerts() -> Vec<String> {
    let file = fs::read_to_string(workspace().join("charts/signpost/alerts.yaml")).unwrap();
    let [file] = documents(&file).unwrap().try_into().unwrap();
    let row = |value: &Value| {
        let text =
            |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        let expression = text("/expr").replace("{SELECTOR, ", "{").replace("{SELECTOR}", "");
        format!(
            "| `{}` | {} | `{}` | {} | {} |\n",
            text("/alert"),
            text("/labels/severity"),
            cell(&expression.replace("OVERDUE", "900")),
            text("/for"),
            cell(text("/annotations/description").trim()),
        )
    };
    let mut rows: Vec<_> = file["rules"].as_array().unwrap().iter().map(row).collect();
    rows.sort_by_key(|row| !row.contains("| critical |"));
    rows
}

#[test]
fn what_the_page_about_moving_says_of_flags_is_what_the_program_answers() {
    let page = fs::read_to_string(workspace().join("docs/migrating.md")).unwrap();
    let section = |title: &str| page.split(title).nth(1).unwrap().split("\n##").next().unwrap();
    let gone = format!(
        "{}{}",
        section("### Gone to the provider"),
        first_column(section("### Gone for good"))
    );
    for name in named(&gone) {
        let answer = args::whereabouts(&name);
        let is_gone = matches!(answer, Some(Whereabouts::Moved(_) | Whereabouts::NotBuilt(_)));
        assert!(is_gone, "`--{name}` is said to be gone: {answer:?}");
    }
    for name in named(section("### Accepted, without effect")) {
        let answer = args::whereabouts(&name);
        assert!(matches!(answer, Some(Whereabouts::NoEffect(_))), "`--{name}`: {answer:?}");
    }
}

/// Returns the flags that a text names in full, without dashes; those that take other values stay.
fn named(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let flags = spans.filter_map(|span| span.strip_prefix("--"));
    let kept =
        ["domain-filter", "exclude-domains", "regex-domain-filter", "regex-domain-exclusion"];
    flags
        .filter(|flag| !flag.contains(['=', '*', '…']) && !kept.contains(flag))
        .map(str::to_owned)
        .collect()
}

/// Returns the first cells of a table.
fn first_column(table: &str) -> String {
    table.lines().filter_map(|line| line.split('|').nth(1)).collect()
}

/// Returns a row for each metric.
fn rows(described: Vec<Description>) -> Vec<String> {
    let row = |description: Description| {
        let labels: Vec<_> = description.labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
        format!(
            "| `{}` | {} | {labels} | {} |\n",
            description.name,
            description.kind,
            cell(description.help)
        )
    };
    described.into_iter().map(row).collect()
}

/// Writes what a command has beside the flags of `run`, and what each command of it has.
fn commands(page: &mut String, of: &str, command: &Command, run: &Command) {
    let path = format!("{of} {}", command.get_name());
    writeln!(page, "\n## `{path}`\n\n{}.", about(command)).unwrap();
    let inner: Vec<_> = command.get_subcommands().collect();
    // A flag of the same name may mean something else here.
    let is_same = |one: &Arg, other: &Arg| {
        one.get_id() == other.get_id()
            && one.get_help().map(ToString::to_string) == other.get_help().map(ToString::to_string)
    };
    let is_own = |arg: &Arg| run.get_arguments().all(|argument| !is_same(argument, arg));
    let is_everywhere = |arg: &Arg| {
        let id = arg.get_id().as_str();
        ["help", "config"].contains(&id) || id.starts_with("log_")
    };
    if inner.is_empty() && command.get_arguments().any(|arg| !is_own(arg) && !is_everywhere(arg)) {
        page.push_str("\nFlags of `run` that matter here are taken as well.\n");
    }
    if inner.is_empty() {
        flags(page, command, is_own);
    }
    for command in inner.into_iter().filter(|command| command.get_name() != "help") {
        commands(page, &path, command, run);
    }
}

fn flags(page: &mut String, command: &Command, is_shown: impl Fn(&Arg) -> bool) {
    let mut heading = None;
    let shown = |argument: &&Arg| {
        !argument.is_hide_set()
            && !["help", "version"].contains(&argument.get_id().as_str())
            && is_shown(argument)
    };
    for arg in command.get_arguments().filter(shown) {
        // The few flags of the other commands stand in one table; `--help` puts them under the last heading.
        let group = match command.get_name() {
            "run" | "route53-webhook" | "rfc2136-webhook" => {
                arg.get_help_heading().unwrap_or("Arguments")
            }
            _ => "Of its own",
        };
        if heading != Some(group) {
            writeln!(page, "\n### {group}\n\n| Flag | Default | Meaning |\n|---|---|---|").unwrap();
            heading = Some(group);
        }
        let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
        let written = match (arg.get_long(), value.as_deref()) {
            (None, value) => value.unwrap_or_default().to_owned(),
            (Some(long), _) if !arg.get_action().takes_values() => format!("--{long}"),
            (Some(long), None | Some("BOOL")) => format!("--{long}"),
            (Some(long), Some(value)) => format!("--{long}={value}"),
        };
        let defaults: Vec<_> =
            arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = match defaults.join("`, `") {
            it if it.is_empty() => "–".to_owned(),
            it => format!("`{it}`"),
        };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('\n', " ");
        writeln!(page, "| `{}` | {} | {} |", cell(&written), cell(&default), cell(&help)).unwrap();
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// Returns text that a table can hold.
pub(crate) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Compares a page with what it should be, or writes it.
pub(crate) fn holds(page: &str, expected: &str) {
    let path = workspace().join(page);
    if outside::blessing() {
        fs::write(&path, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{page} is stale; `cargo bless` writes it anew");
}
