//! The flags with which `signpost rollback` finds what a running controller wrote, and `signpost ownership` sees what it
//! sees, as they are typed.

use clap::CommandFactory as _;
use daemon::FlagValues;
use external_dns_webhook::client::shown_url;

use super::{CONTROLLER, Cli, ControllerArgs};

/// Flags that change nothing of what these commands do, and one that nobody but its owner may see.
const LEFT_OUT: [&str; 9] = [
    "adopt",
    "allow-default-owner",
    "allow-unowned-changes",
    "history-size",
    "log-format",
    "log-level",
    "migrate-from-txt-owner",
    "normalise-ownership-records",
    "txt-encrypt-aes-key",
];

/// Returns all flags that `rollback` takes and that `run` was given: with these it works as it is printed.
/// `None` without a history.
///
/// `namespace` is where a ConfigMap is that was named without one, if that is known.
pub fn way_back(values: &FlagValues, namespace: Option<&str>) -> Option<String> {
    let cli = Cli::command();
    let words = given(cli.find_subcommand("rollback")?, values, namespace);
    words.iter().any(|word| word.contains("--state-")).then(|| words.join(" "))
}

/// Returns all flags that commands of `ownership` take and that `run` was given: with these they see what it sees.
pub fn flags_of_ownership(values: &FlagValues, namespace: Option<&str>) -> String {
    let cli = Cli::command();
    let adopt =
        cli.find_subcommand("ownership").and_then(|command| command.find_subcommand("adopt"));
    adopt.map(|command| given(command, values, namespace).join(" ")).unwrap_or_default()
}

impl ControllerArgs {
    /// Returns the flags with which another command asks the same controller, as a shell takes them after a
    /// word; empty for the defaults.
    pub fn flags(&self) -> String {
        let Self {
            controller,
            controller_token_file,
            controller_ca_file,
            controller_cert_file,
            controller_key_file,
        } = self;
        let default = (controller != CONTROLLER).then(|| shown_url(controller));
        let files = [
            ("controller-token-file", controller_token_file),
            ("controller-ca-file", controller_ca_file),
            ("controller-cert-file", controller_cert_file),
            ("controller-key-file", controller_key_file),
        ];
        let files = files
            .into_iter()
            .filter_map(|(flag, path)| Some((flag, path.as_ref()?.display().to_string())));
        let url = default.into_iter().map(|url| ("controller", url));
        let words: Vec<_> = url
            .chain(files)
            .flat_map(|(flag, value)| [" ".to_owned(), word(flag, &value, None)])
            .collect();
        words.concat()
    }
}

/// Returns the flags of a command that `run` was given, but for their defaults.
fn given(command: &clap::Command, values: &FlagValues, namespace: Option<&str>) -> Vec<String> {
    let mut words = Vec::new();
    for argument in command.get_arguments() {
        let Some(flag) = argument.get_long().filter(|flag| !LEFT_OUT.contains(flag)) else {
            continue;
        };
        let given = values.of_flag(flag);
        let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
        if defaults.eq(given.iter().map(String::as_str)) {
            continue;
        }
        // A URL may have a password, which is for nobody who reads this.
        let shown = |value: &String| match flag {
            "webhook-provider-url" | "server" => shown_url(value),
            _ => value.clone(),
        };
        words.extend(given.iter().map(|value| word(flag, &shown(value), namespace)));
    }
    words
}

/// Returns a flag as a shell takes it.
fn word(flag: &str, value: &str, namespace: Option<&str>) -> String {
    let word = match namespace {
        Some(namespace) if flag == "state-configmap" && !value.contains('/') => {
            format!("--{flag}={namespace}/{value}")
        }
        _ => format!("--{flag}={value}"),
    };
    quoted(word)
}

/// Returns a word as a shell takes it.
pub fn quoted(word: String) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
    if word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Environment, Parsed, no_rules, parse};

    #[test]
    fn a_command_of_ownership_gets_the_sources_and_the_owner_that_run_has() {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        let words = [
            "--source=service",
            "--source=ingress",
            "--policy=sync",
            "--txt-owner-id=me",
            "--label-filter=a in (b)",
            "--txt-encrypt-aes-key=00000000000000000000000000000000",
            "--interval=5m",
            "--leader-elect",
            "--domain-filter=a.org",
        ];
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        let Parsed::Run(_, _, values) = parse(words, &environment) else { panic!("it is refused") };
        let told = flags_of_ownership(&values, None);
        for word in [
            "--source=service --source=ingress",
            "--txt-owner-id=me",
            "'--label-filter=a in (b)'",
            "--domain-filter=a.org",
        ] {
            assert!(told.contains(word), "{word} in {told}");
        }
        assert!(
            !told.contains("0000") && !told.contains("interval") && !told.contains("leader"),
            "{told}"
        );
        // What is printed is taken.
        let typed = ["ownership", "adopt", "a.org"].iter().map(|word| (*word).to_owned());
        let typed = typed
            .chain(
                told.replace("'--label-filter=a in (b)'", "--label-filter=x")
                    .split(' ')
                    .map(str::to_owned),
            )
            .collect();
        assert!(matches!(parse(typed, &environment), Parsed::Run(..)), "{told}");
    }

    fn of(words: &[&str], namespace: Option<&str>) -> Option<String> {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        let always = ["--source=service", "--policy=sync", "--interval=5m", "--log-level=debug"];
        let words = always.iter().chain(words).map(|word| (*word).to_owned()).collect();
        match parse(words, &environment) {
            Parsed::Run(_, _, values) => way_back(&values, namespace),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_way_back_has_every_flag_of_the_controller_that_it_needs_and_no_other() {
        assert_eq!(of(&[], Some("dns")), None, "there is no history");
        let told = of(&["--state-configmap=state"], Some("dns")).unwrap();
        assert_eq!(told, "--state-configmap=dns/state");
        assert_eq!(
            of(&["--state-configmap=a/state"], Some("dns")).unwrap(),
            "--state-configmap=a/state"
        );
        assert_eq!(of(&["--state-configmap=state"], None).unwrap(), "--state-configmap=state");
        let told = of(
            &[
                "--state-dir=/var/lib/my state",
                "--webhook-provider-url=unix:///run/dns.sock",
                "--webhook-provider-token-file=/run/token",
                "--kubeconfig=/home/me/it's",
                "--txt-prefix=%{record_type}-",
                "--txt-owner-id=me",
                "--txt-encrypt-enabled",
                "--txt-encrypt-aes-key=00000000000000000000000000000000",
                "--adopt=a.example.com",
            ],
            None,
        );
        let told = told.unwrap();
        for word in [
            "'--state-dir=/var/lib/my state'",
            "--webhook-provider-url=unix:///run/dns.sock",
            "--webhook-provider-token-file=/run/token",
            r"'--kubeconfig=/home/me/it'\''s'",
            "'--txt-prefix=%{record_type}-'",
            "--txt-owner-id=me",
            "--txt-encrypt-enabled=true",
        ] {
            assert!(told.contains(word), "{word} in {told}");
        }
        for word in ["0000", "adopt", "interval", "source", "log-level"] {
            assert!(!told.contains(word), "{word} in {told}");
        }
    }
}
