//! The helm that renders our chart, and what it rendered.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use e2e::cluster::documents;
use e2e::{outside, programs};
use serde_json::Value;

/// The version of Kubernetes that is rendered for.
pub(crate) const KUBERNETES: &str = "1.33";

/// Name and namespace of every release here.
pub(crate) const RELEASE: &str = "signpost";
pub(crate) const NAMESPACE: &str = "dns";

/// An installed helm, and the next one of its makers: what one makes of values, the other makes of them, too.
pub(crate) struct Helm {
    program: PathBuf,
    four: Option<PathBuf>,
    /// What helm keeps between calls must not come from the machine.
    home: tempfile::TempDir,
}

/// Returns helm, or `None` on a machine without it.
pub(crate) fn helm() -> Option<Helm> {
    let program = outside::installed("SIGNPOST_HELM", "what needs helm")?;
    let four = outside::installed_maybe("SIGNPOST_HELM_FOUR");
    Some(Helm { program, four, home: tempfile::tempdir().unwrap() })
}

/// Returns the folder of the chart.
pub(crate) fn chart() -> PathBuf {
    programs::workspace().join("charts/signpost")
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Returns every file of values that is rendered as a whole, by name.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = programs::workspace().join("tests/chart/values");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    files.iter().map(|file| (name(file), std::fs::read_to_string(file).unwrap())).collect()
}

/// Returns what is the same whichever helm it was: the objects, or the sentences that the chart told. What
/// helm says of where it was then is each helm's own.
fn compared(made: &Result<String, String>) -> Result<Vec<Value>, String> {
    match made {
        Ok(text) => Ok(documents(text).unwrap()),
        Err(said) => {
            let problems = said.split_once("wrong with these values:");
            let problems = problems.and_then(|(_, rest)| rest.split_once("\nValues of"));
            let sentence = || said.rsplit_once("): ").map_or(&**said, |(_, sentence)| sentence);
            Err(problems.map_or_else(sentence, |(problems, _)| problems).trim().to_owned())
        }
    }
}

#[test]
fn two_refusals_that_differ_are_not_taken_for_the_same() {
    let refused = |said: &str| compared(&Err(said.to_owned()));
    let three = "Error: execution error at (signpost/templates/a.yaml:1:4): the policy is missing";
    let four =
        "level=ERROR msg=\"x\"\nError: execution error at (a.yaml:9:1): the policy is missing";
    assert_eq!(refused(three), refused(four));
    assert_ne!(
        refused(three),
        refused("Error: execution error at (a.yaml:1:4): the owner is missing")
    );
    let list = |problem: &str| {
        refused(&format!(
            "Error: (a): 1 thing is wrong with these values:\n  - {problem}\nValues of x"
        ))
    };
    assert_ne!(list("policy"), list("owner"));
    assert_ne!(refused("Error: a"), refused("Error: b"));
}

impl Helm {
    /// Runs helm with values on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], values: &str) -> Output {
        self.run_one(&self.program, arguments, values)
    }

    fn run_one(&self, program: &Path, arguments: &[&str], values: &str) -> Output {
        let home = self.home.path();
        let mut child = Command::new(program)
            .args(arguments)
            .env_remove("KUBECONFIG")
            .env("HELM_CACHE_HOME", home.join("cache"))
            .env("HELM_CONFIG_HOME", home.join("config"))
            .env("HELM_DATA_HOME", home.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Helm ends early when an argument is bad.
        drop(child.stdin.take().unwrap().write_all(values.as_bytes()));
        child.wait_with_output().unwrap()
    }

    /// Returns what helm makes of values, with a policy that deletes unless they have another, or what
    /// it says is wrong with them.
    pub(crate) fn render(&self, values: &str) -> Result<String, String> {
        let policy = self.home.path().join("policy.yaml");
        std::fs::write(&policy, "policy: sync").unwrap();
        self.render_with(&["--values", policy.to_str().unwrap()], values)
    }

    /// Returns what helm makes of values and further arguments, or what it says is wrong with them.
    pub(crate) fn render_with(&self, more: &[&str], values: &str) -> Result<String, String> {
        self.render_as(RELEASE, more, values)
    }

    /// Returns what helm makes of values and further arguments for a release of some name.
    pub(crate) fn render_as(
        &self,
        release: &str,
        more: &[&str],
        values: &str,
    ) -> Result<String, String> {
        let chart = chart();
        let version = format!("{KUBERNETES}.0");
        let arguments = ["template", release, chart.to_str().unwrap(), "--namespace", NAMESPACE];
        let further = ["--kube-version", &version];
        let last = ["--values", "-"];
        let arguments = [&arguments[..], &further, more, &last].concat();
        let with = |program: &Path| {
            let output = self.run_one(program, &arguments, values);
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
        };
        let made = with(&self.program);
        if let Some(four) = &self.four {
            let other = with(four);
            assert_eq!(
                compared(&other),
                compared(&made),
                "helm 4 makes something else of {values}"
            );
        }
        made
    }

    /// Returns what helm tells the user who installs the chart with these values.
    pub(crate) fn notes(&self, values: &str) -> String {
        // Helm shows them to a cluster only, so a copy of the chart shows them as an object.
        let copy = tempfile::tempdir().unwrap();
        copy_folder(&chart(), copy.path());
        let template =
            "{{ dict \"notes\" (include (print .Template.BasePath \"/NOTES.txt\") .) | toYaml }}";
        std::fs::write(copy.path().join("templates/notes.yaml"), template).unwrap();
        let version = format!("{KUBERNETES}.0");
        let arguments =
            ["template", RELEASE, copy.path().to_str().unwrap(), "--namespace", NAMESPACE];
        let further =
            ["--kube-version", &version, "--show-only", "templates/notes.yaml", "--values", "-"];
        let output = self.run(&[&arguments[..], &further[..]].concat(), values);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let [shown] =
            documents(&String::from_utf8(output.stdout).unwrap()).unwrap().try_into().unwrap();
        shown["notes"].as_str().unwrap().to_owned()
    }

    /// Returns the objects that helm makes of values.
    pub(crate) fn objects(&self, values: &str) -> Objects {
        let rendered = self.render(values).unwrap_or_else(|error| panic!("{error}\n{values}"));
        Objects(documents(&rendered).unwrap())
    }
}

/// Rendered objects.
#[derive(Debug)]
pub(crate) struct Objects(pub(crate) Vec<Value>);

impl Objects {
    /// Returns the objects of a kind.
    pub(crate) fn of(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|object| object["kind"] == kind).collect()
    }

    /// Returns the only object of a kind.
    pub(crate) fn only(&self, kind: &str) -> &Value {
        let found = self.of(kind);
        let [only] = found[..] else { panic!("{} objects of kind {kind}", found.len()) };
        only
    }

    /// Returns the containers called `name`, wherever they are.
    pub(crate) fn containers(&self, name: &str) -> Vec<&Value> {
        let pods = self
            .of("Deployment")
            .into_iter()
            .map(|deployment| &deployment["spec"]["template"]["spec"]);
        let all = pods.flat_map(|pod| pod["containers"].as_array().into_iter().flatten());
        all.filter(|container| container["name"] == name).collect()
    }

    /// Returns the arguments of the only container called `name`.
    pub(crate) fn arguments(&self, name: &str) -> Vec<String> {
        let container = self.containers(name).into_iter().next().unwrap();
        let words = container["args"].as_array().into_iter().flatten();
        words.map(|word| word.as_str().unwrap().to_owned()).collect()
    }

    /// Returns kind and name of every object.
    pub(crate) fn names(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = |object: &Value| {
            format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
        };
        self.0.iter().map(name).collect()
    }
}
