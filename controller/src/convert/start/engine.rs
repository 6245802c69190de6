//! What a container is started with on a command line: `docker run`, `podman run`, `kubectl run`.

use super::{Start, StartVariables, Wording, is_program};

/// What starts a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Docker,
    Kubectl,
}

/// Options that take a value and set nothing of the program ([docker run]).
///
/// [docker run]: https://docs.docker.com/reference/cli/docker/container/run/
const VALUED: [&str; 53] = [
    "--add-host",
    "--annotation",
    "--cap-add",
    "--cap-drop",
    "--cgroupns",
    "--cidfile",
    "--cpu-shares",
    "--cpus",
    "--dns",
    "--dns-search",
    "--group-add",
    "--health-cmd",
    "--health-interval",
    "--health-retries",
    "--health-timeout",
    "--hostname",
    "--image-pull-policy",
    "--init-path",
    "--ip",
    "--ipc",
    "--label",
    "--label-file",
    "--labels",
    "--log-driver",
    "--log-opt",
    "--memory",
    "--memory-swap",
    "--name",
    "--namespace",
    "--net",
    "--network",
    "--network-alias",
    "--oom-score-adj",
    "--pid",
    "--pids-limit",
    "--platform",
    "--port",
    "--publish",
    "--pull",
    "--restart",
    "--security-opt",
    "--stop-signal",
    "--stop-timeout",
    "--tmpfs",
    "--ulimit",
    "--user",
    "--userns",
    "--workdir",
    "-h",
    "-l",
    "-m",
    "-n",
    "-p",
];

/// Short options that take a value in the same word, too.
const SHORT: [&str; 6] = ["-h", "-l", "-m", "-p", "-u", "-w"];

/// Options that bring files of the machine in.
const MOUNTS: [&str; 4] = ["--mount", "--volume", "--volumes-from", "-v"];

/// Options that take no value and set nothing of the program.
const PLAIN: [&str; 11] = [
    "--detach",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--privileged",
    "--quiet",
    "--read-only",
    "--replace",
    "--rm",
    "--tty",
    "-q",
];

/// Returns the engine of a name, or of its path.
pub(super) fn named(name: &str) -> Option<Engine> {
    match name.rsplit('/').next().unwrap_or_default() {
        "docker" | "docker-compose" | "nerdctl" | "podman" | "podman-compose" => {
            Some(Engine::Docker)
        }
        "kubectl" => Some(Engine::Kubectl),
        _ => None,
    }
}

/// Takes the options before an image and returns what the container is started with; `None` where that is something
/// else.
pub(super) fn take(
    start: &mut Start,
    engine: Engine,
    (options, image): (&[Wording], &str),
    rest: &[Wording],
) -> Option<Vec<Wording>> {
    // The program has none of the shell's variables but those that are handed on.
    let outer = std::mem::take(&mut start.variables);
    let mut all = options.to_vec();
    let words = match engine {
        Engine::Docker => rest.to_vec(),
        Engine::Kubectl => {
            image.strip_prefix("--image=")?;
            let end = rest.iter().position(|word| word.written() == "--")?;
            all.extend(rest.iter().take(end).cloned());
            rest.iter().skip(end.saturating_add(1)).cloned().collect()
        }
    };
    let mut options = all.into_iter();
    while let Some(option) = options.next() {
        let is_known = option.known().is_some();
        let text = option.written().to_owned();
        let (name, inline) = match text.split_once('=').filter(|_| text.starts_with('-')) {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text.as_str(), None),
        };
        let value = |options: &mut std::vec::IntoIter<Wording>| match inline.clone() {
            Some(value) if is_known => Some(Wording::Known(value)),
            Some(value) => Some(Wording::Open(value)),
            None => options.next(),
        };
        let is_short_variable = text.starts_with("-e") && !text.starts_with("--") && text.len() > 2;
        let starts = |all: &[&str]| all.iter().any(|short| text.starts_with(short));
        match name {
            "-e" | "--env" => variable(start, &value(&mut options)?, &outer),
            _ if is_short_variable => {
                let given = text.strip_prefix("-e").unwrap_or_default().to_owned();
                let given = if is_known { Wording::Known(given) } else { Wording::Open(given) };
                variable(start, &given, &outer);
            }
            "--env-file" => {
                let file = value(&mut options)?;
                start.beside(format!("--env-file {}", file.written()));
            }
            "--entrypoint" => {
                let given = value(&mut options)?;
                if !given.known().is_some_and(is_program) {
                    start.beside(format!("--entrypoint={}", given.written()));
                }
            }
            _ if MOUNTS.contains(&name) => {
                let given = value(&mut options)?;
                start.mounts(&format!("{name} {}", given.written()));
            }
            _ if VALUED.contains(&name) || ["-u", "-w"].contains(&name) => {
                drop(value(&mut options));
            }
            _ if PLAIN.contains(&name) => {}
            _ if text.starts_with("-v") => start.mounts(&text),
            _ if !text.starts_with("--") && starts(&SHORT) => {}
            // Several letters at once, such as `-dit`.
            _ if text.strip_prefix('-').is_some_and(|letters| {
                !letters.is_empty() && letters.chars().all(|letter| "dit".contains(letter))
            }) => {}
            // The name of the pod.
            name if engine == Engine::Kubectl && !name.starts_with('-') => {}
            // What is none may be the value of an option that is not known, and a secret.
            name if name.starts_with('-') => start.beside(name),
            _ => start.beside("a word before the image"),
        }
    }
    Some(words)
}

/// Sets a variable that is handed on by its name, or with a value.
fn variable(start: &mut Start, given: &Wording, outer: &StartVariables) {
    let text = given.written();
    let (name, value) = match (text.split_once('='), given) {
        (Some((name, value)), Wording::Known(_)) => (name, Wording::Known(value.to_owned())),
        (Some((name, value)), Wording::Open(_)) => (name, Wording::Open(value.to_owned())),
        (None, _) => {
            let known = outer.get(text).cloned();
            (text, known.unwrap_or_else(|| Wording::Open(text.to_owned())))
        }
    };
    start.set(name, value);
}
