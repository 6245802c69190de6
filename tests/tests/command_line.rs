//! What `signpost` says to a person at a terminal: results, plans, and what is wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use e2e::process::{Ended, Program};
use e2e::programs::{self, NAME_SERVERS, SIDECAR, SIGNPOST};
use serde_json::Value;

fn signpost(arguments: &[&str]) -> Ended {
    Program::new(SIGNPOST).args(arguments.iter().copied()).run().unwrap()
}

fn quickstart() -> String {
    format!("--manifests={}", programs::workspace().join("examples/quickstart").display())
}

fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: { external-dns.kubernetes.io/hostname: web.example.com }
spec: { type: LoadBalancer }
status: { loadBalancer: { ingress: [{ ip: 192.0.2.1 }] } }
";

#[test]
fn endpoints_are_printed_in_wire_form_sorted_by_name_and_type() {
    let ended = signpost(&[
        "endpoints",
        "--source=service",
        "--source=ingress",
        "--source=crd",
        &quickstart(),
        "-o=json",
    ]);
    assert!(ended.status.success(), "{}", ended.stderr);
    let endpoints: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let text = |value: &Value, key: &str| value.get(key).unwrap().as_str().unwrap().to_owned();
    let keys: Vec<_> = endpoints
        .iter()
        .map(|endpoint| (text(endpoint, "dnsName"), text(endpoint, "recordType")))
        .collect();
    let expected = [
        ("app.example.com", "A"),
        ("docs.example.com", "CNAME"),
        ("multi.example.com", "A"),
        ("multi.example.com", "AAAA"),
        ("shop.example.com", "CNAME"),
        ("verify.example.com", "TXT"),
        ("web.example.com", "A"),
    ];
    assert_eq!(keys, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    let web = endpoints.last().unwrap();
    assert_eq!(web.pointer("/targets/0").unwrap(), "192.0.2.10");
    assert_eq!(web.get("recordTTL").unwrap(), 60);
    assert_eq!(web.pointer("/labels/resource").unwrap(), "service/default/web");
}

#[test]
fn what_is_not_published_is_said_once_and_settings_for_a_provider_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(
        &folder,
        "endpoints.yaml",
        "apiVersion: externaldns.k8s.io/v1alpha1\nkind: DNSEndpoint\nmetadata: { name: e }\nspec:\n  \
         endpoints:\n  - { dnsName: bad.example.com, recordType: A, targets: [nonsense] }\n  \
         - dnsName: good.example.com\n    recordType: A\n    targets: [192.0.2.1]\n    \
         providerSpecific: [{ name: aws/weight, value: \"10\" }]\n",
    );
    let manifests = format!("--manifests={}", path.display());
    let ended = signpost(&["endpoints", "--source=crd", &manifests, "-o=json"]);
    let endpoints: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
    let [good] = endpoints.as_slice() else { panic!("{}", ended.stdout) };
    let setting = good.pointer("/providerSpecific/0/name");
    assert_eq!(setting.unwrap(), "aws/weight", "no provider was asked: {}", ended.stderr);
    assert_eq!(ended.stderr.matches("InvalidTarget").count(), 1, "{}", ended.stderr);
    assert!(!ended.stderr.contains("IgnoredAnnotation"), "{}", ended.stderr);
}

#[test]
fn endpoints_are_read_from_standard_input_and_printed_as_a_table() {
    let ended = Program::new(SIGNPOST)
        .args(["endpoints", "--source=service", "--manifests=-"])
        .run_with(SERVICE)
        .unwrap();
    assert!(ended.status.success(), "{}", ended.stderr);
    assert_eq!(
        ended.stdout,
        "NAME             TYPE  TTL  TARGETS    SOURCE OBJECT\n\
         web.example.com  A     -    192.0.2.1  service/default/web\n"
    );
}

#[test]
fn the_domain_filter_applies_to_endpoints() {
    let with = |filter: &str| {
        let ended = signpost(&["endpoints", "--source=service", &quickstart(), filter, "-o=json"]);
        serde_json::from_str::<Vec<Value>>(&ended.stdout).unwrap().len()
    };
    assert_eq!(with("--domain-filter=web.example.com"), 1);
    assert_eq!(with("--exclude-domains=web.example.com"), 1);
    assert_eq!(with(r"--regex-domain-filter=^shop\."), 1);
}

#[test]
fn a_broken_document_is_named_and_the_others_are_still_printed() {
    let folder = tempfile::tempdir().unwrap();
    written(&folder, "good.yaml", SERVICE);
    written(&folder, "bad.yaml", "kind: Service\nmetadata: {name: [unclosed\n");
    let manifests = format!("--manifests={}", folder.path().display());
    let ended = signpost(&["endpoints", "--source=service", &manifests]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stdout.contains("web.example.com"), "{}", ended.stdout);
    assert!(ended.stderr.contains("bad.yaml"), "{}", ended.stderr);
}

#[test]
fn a_kind_that_no_source_reads_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let other = "---\napiVersion: example.com/v1\nkind: Widget\nmetadata: { name: w }\n";
    written(&folder, "all.yaml", &format!("{SERVICE}{other}"));
    let manifests = format!("--manifests={}", folder.path().display());
    let ended = signpost(&["endpoints", "--source=service", &manifests]);
    assert!(ended.status.success(), "{}", ended.stderr);
    assert!(ended.stdout.contains("web.example.com"));
}

#[test]
fn what_is_wrong_with_a_command_line_is_said_with_the_way_out_and_status_1() {
    let base = ["--source=service", "--txt-owner-id=me", "--once", "--policy=sync"];
    for (arguments, says) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--source=nonsense", "--txt-owner-id=me", "--once", &quickstart()], "nonsense"),
        // SX4 of the cases of sources.
        (
            &[&base[..], &["--service-type-filter=Balancer", &quickstart()]].concat(),
            "`--service-type-filter=Balancer` is not a type of Service",
        ),
        (&[base[0], base[3]], "--txt-owner-id"),
        (&[base[1], base[3]], "--source"),
        (&[base[0], base[3], "--txt-owner-id=default"], "--allow-default-owner"),
        (&[base[0], base[1], base[2], base[3], "--regex-domain-filter=("], "`(`"),
        (&[base[0], base[1], base[2], base[3], "--provider=aws"], "route53-webhook"),
        (&[base[0], base[1], base[2], base[3], "--aws-zone-type=public"], "route53-webhook"),
        (&[base[0], base[1], base[2], base[3], "--webhook-provider-url=nonsense"], "nonsense"),
        (&[base[0], base[1], base[2], base[3], "--interval=5"], "units"),
        (&[base[0], base[1], base[2], base[3], "--txt-encrypt-enabled"], "--txt-encrypt-aes-key"),
        (&[base[0], base[1], base[2], base[3], "--manifests=/does/not/exist"], "/does/not/exist"),
        (&[base[0], base[1], base[2], base[3], "--kubeconfig=/does/not/exist"], "/does/not/exist"),
        (&[base[0], base[1], base[2], base[3], "--label-filter=#bad"], "--label-filter"),
        (&[base[0], base[1], base[2], base[3], "--fqdn-template={{.Name"], "{{.Name"),
        (&["plan", "--source=service"], "--txt-owner-id"),
        (&["dance"], "`dance`"),
        (&[base[0], base[1], base[2], base[3], "--provider=nonsense"], "`--provider=nonsense`"),
        (&[base[0], base[1], base[2], base[3], "--provider=azure"], "webhook provider"),
        (&[base[0], base[1], base[2], "--policy=none"], "`none` is not a policy"),
        (&[base[0], base[1], base[2], base[3], "--log-format=xml"], "--log-format"),
        (&[base[1], base[2], base[3], "--source=connector"], "`connector` is not supported"),
        (&[base[1], base[3], "--source=connector"], "`connector` is not supported"),
        (&[base[0], base[2], base[3], "--registry=dynamodb", "--txt-owner-id="], "--registry"),
    ] {
        let ended = signpost(arguments);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(says), "{arguments:?} says: {}", ended.stderr);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let metrics = format!("--metrics-address={address}");
    let ended = signpost(&[
        "--source=service",
        "--txt-owner-id=me",
        "--policy=sync",
        &quickstart(),
        "--once",
        &metrics,
    ]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains(&address), "{}", ended.stderr);
    for (taken, free) in [("--listen", "--metrics-address"), ("--metrics-address", "--listen")] {
        let arguments = [format!("{taken}={address}"), format!("{free}=127.0.0.1:0")];
        let ended = Program::new(SIDECAR).args(arguments).run().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains(&address), "{}", ended.stderr);
    }
}

#[test]
fn a_sidecar_that_is_not_there_is_an_error_of_once() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("--webhook-provider-url=http://{nobody}");
    let arguments = ["--source=service", "--txt-owner-id=me", &quickstart(), &url];
    let ended = Program::new(SIGNPOST)
        .args(arguments)
        .args(["--once", "--policy=sync", "--metrics-address="])
        .run()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("cannot connect to the provider"), "{}", ended.stderr);
    let ended = Program::new(SIGNPOST).args(["plan"]).args(arguments).run().unwrap();
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn a_bad_flag_of_the_sidecar_is_named_with_status_1() {
    for flag in ["--no-such-flag", "--aws-zone-type=both", "--regex-domain-filter=("] {
        let ended = Program::new(SIDECAR).args([flag]).run().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{flag}: {}", ended.stderr);
        let name = flag.split('=').next().unwrap();
        assert!(ended.stderr.contains(name), "{flag}: {}", ended.stderr);
    }
}

#[test]
fn a_filter_with_a_slip_in_its_variable_is_told_by_the_program_that_would_read_it() {
    for (program, variable) in [
        (SIDECAR, "EXTERNAL_DNS_ZONE_ID_FILTERS"),
        (NAME_SERVERS, "EXTERNAL_DNS_RFC2136_ZONES"),
        (SIGNPOST, "EXTERNAL_DNS_DOMAIN_FILTERS"),
    ] {
        let ended =
            Program::new(program).args(["--no-such-flag"]).env(variable, "x").run().unwrap();
        let said = format!("nothing reads the variable `{variable}`");
        assert!(ended.stderr.contains(&said), "{ended:?}");
    }
}

#[test]
fn a_history_that_is_not_there_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let typo = folder.path().join("typo");
    let state = format!("--state-dir={}", typo.display());
    let ended = signpost(&["rollback", &state]);
    assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(1), ""));
    let expected = format!("there is no history in `{state}`");
    assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    assert!(!typo.exists());
}

#[test]
fn a_flag_about_aws_is_sent_to_its_provider_only_if_that_has_it() {
    let sent = |flag: &str| {
        let said = signpost(&["--source=service", flag]).stderr;
        said.contains("give it to `route53-webhook`")
    };
    let help = Program::new(SIDECAR).args(["--help"]).run().unwrap().stdout;
    let words = help.split(|char: char| !(char.is_ascii_alphanumeric() || char == '-'));
    let flags: BTreeSet<_> = words.filter(|word| word.starts_with("--aws-")).collect();
    assert!(flags.len() > 5, "{flags:?}");
    for flag in flags {
        assert!(sent(flag), "{flag}");
    }
    for flag in ["--aws-region=x", "--aws-access-key-id=x", "--aws-zone-tpye=x", "--aws-x=1"] {
        let said = signpost(&["--source=service", flag]);
        assert_eq!(said.status.code(), Some(1), "{flag}");
        assert!(said.stderr.contains("no program has "), "{flag}: {}", said.stderr);
        assert!(!sent(flag), "{flag}: {}", said.stderr);
    }
}

#[test]
fn every_program_prints_completions_and_manual_pages() {
    for program in [SIGNPOST, SIDECAR, NAME_SERVERS] {
        let run = |words: &[&str]| Program::new(program).args(words.iter().copied()).run().unwrap();
        for shell in ["bash", "zsh", "fish"] {
            let ended = run(&["completion", shell]);
            assert!(ended.status.success(), "{program} {shell}: {}", ended.stderr);
            assert!(ended.stdout.contains(program) && ended.stdout.contains("log-level"));
        }
        let page = run(&["man"]);
        assert!(page.status.success(), "{program}: {}", page.stderr);
        assert!(page.stdout.contains(&format!(".TH {program} 1")), "{}", page.stdout);
        let page = run(&["man", "check"]);
        assert!(page.stdout.contains("check"), "{program}: {}", page.stderr);
        for (words, says) in [(["completion", "cmd"], "bash"), (["man", "nothing"], "`nothing`")] {
            let refused = run(&words);
            assert_eq!(refused.status.code(), Some(1), "{program} {words:?}");
            assert!(refused.stderr.contains(says), "{program}: {}", refused.stderr);
        }
    }
}

#[test]
fn as_a_plugin_of_kubectl_its_help_says_how_it_is_run_there() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("kubectl-signpost");
    std::os::unix::fs::symlink(programs::path(SIGNPOST).unwrap(), &plugin).unwrap();
    for (words, says) in [
        (&["plan", "--help"][..], "Usage: kubectl signpost plan"),
        (&["--help"], "Usage: kubectl signpost"),
        (&["plan", "--sorce=service"], "`kubectl signpost --help`"),
    ] {
        let ended = std::process::Command::new(&plugin).args(words).output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(says), "{words:?}: {said}");
    }
    assert!(signpost(&["plan", "--help"]).stdout.contains("Usage: signpost plan"));
}

/// Packs `files` as a release does, under the name of an archive.
fn packed(folder: &tempfile::TempDir, name: &str, files: &[&str]) -> PathBuf {
    let contents = tempfile::tempdir().unwrap();
    std::fs::copy(programs::path(SIGNPOST).unwrap(), contents.path().join("kubectl-signpost"))
        .unwrap();
    written(&contents, "LICENSE", "Apache-2.0");
    let archive = folder.path().join(name);
    let mut tar = std::process::Command::new("tar");
    tar.arg("-czf").arg(&archive).arg("-C").arg(contents.path()).args(files);
    assert!(tar.status().unwrap().success());
    archive
}

fn krew(version: &str, archives: &[&PathBuf]) -> std::process::Output {
    let mut krew = std::process::Command::new(programs::workspace().join(".ci/krew"));
    krew.args([version, "https://github.com/example/signpost/"]).args(archives).output().unwrap()
}

/// The rules are those of krew's own validation (`internal/index/validation` of sigs.k8s.io/krew).
#[test]
fn what_krew_installs_is_named_with_its_digest_and_runs_as_a_command_of_kubectl() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["kubectl-signpost", "LICENSE"];
    let linux = packed(&folder, "kubectl-signpost-linux-amd64.tar.gz", &both);
    let darwin = packed(&folder, "kubectl-signpost-darwin-arm64.tar.gz", &both);
    let ended = krew("1.2.3", &[&linux, &darwin]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let text = String::from_utf8(ended.stdout).unwrap();
    let manifest: Value = e2e::cluster::documents(&text).unwrap().remove(0);
    let said = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap();
    assert_eq!(said("/apiVersion"), "krew.googlecontainertools.github.com/v1alpha2");
    assert_eq!((said("/kind"), said("/metadata/name")), ("Plugin", "signpost"));
    assert_eq!(said("/spec/version"), "v1.2.3");
    let short = said("/spec/shortDescription");
    // krew's guide asks for at most 50 characters, and no full stop.
    assert!((1..=50).contains(&short.len()) && !short.ends_with('.'), "{short}");
    let platforms = manifest["spec"]["platforms"].as_array().unwrap();
    for (platform, (archive, labels)) in
        platforms.iter().zip([(&linux, ["linux", "amd64"]), (&darwin, ["darwin", "arm64"])])
    {
        let labels = serde_json::json!({ "os": labels[0], "arch": labels[1] });
        assert_eq!(platform["selector"]["matchLabels"], labels);
        let name = archive.file_name().unwrap().to_str().unwrap();
        let uri = format!("https://github.com/example/signpost/releases/download/v1.2.3/{name}");
        assert_eq!(platform["uri"], uri);
        let sum = std::process::Command::new("sha256sum").arg(archive).output().unwrap().stdout;
        let sum = String::from_utf8(sum).unwrap();
        assert_eq!(platform["sha256"].as_str(), sum.split(' ').next());
        assert_eq!(platform["bin"], "kubectl-signpost");
        let files: Vec<_> =
            platform["files"].as_array().unwrap().iter().map(|file| &file["from"]).collect();
        assert_eq!(files, both.iter().collect::<Vec<_>>());
    }
    assert_eq!(platforms.len(), 2);
    // As krew puts it on the path: a link to what was unpacked.
    let place = tempfile::tempdir().unwrap();
    let mut tar = std::process::Command::new("tar");
    assert!(tar.arg("-xzf").arg(&linux).arg("-C").arg(place.path()).status().unwrap().success());
    let plugin = place.path().join("link");
    std::fs::create_dir(&plugin).unwrap();
    let plugin = plugin.join("kubectl-signpost");
    std::os::unix::fs::symlink(place.path().join("kubectl-signpost"), &plugin).unwrap();
    let ended = std::process::Command::new(plugin).args(["status", "--help"]).output().unwrap();
    let help = String::from_utf8_lossy(&ended.stdout);
    assert!(help.contains("Usage: kubectl signpost status"), "{help}");
}

#[test]
fn an_archive_that_krew_could_not_install_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole =
        packed(&folder, "kubectl-signpost-linux-amd64.tar.gz", &["kubectl-signpost", "LICENSE"]);
    let empty = packed(&folder, "kubectl-signpost-linux-arm64.tar.gz", &["LICENSE"]);
    let other = packed(&folder, "signpost.tar.gz", &["kubectl-signpost", "LICENSE"]);
    for (version, archives, says) in [
        ("1.2", vec![&whole], "`1.2` is no version"),
        ("1.2.3", vec![&empty], "does not hold `kubectl-signpost`"),
        ("1.2.3", vec![&other], "is not called kubectl-signpost-OS-ARCH.tar.gz"),
        ("1.2.3", vec![&whole, &whole], "two archives for linux-amd64"),
        ("1.2.3", vec![], "usage"),
    ] {
        let ended = krew(version, &archives);
        assert!(!ended.status.success());
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains(says), "{said}");
    }
}
