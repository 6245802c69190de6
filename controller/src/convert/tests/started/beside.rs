//! What stands before a start, or in another document, and may set more: it is read, or holds.

use super::*;

/// Returns a Deployment whose container has a command.
fn deployment(command: &Value, env: &Value) -> String {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "dns"}, "spec": {"template": {"spec":
        {"containers": [{"name": "dns", "image": IMAGE, "command": command, "env": env}]}}}})
    .to_string()
}

/// Returns a Deployment that starts what words say before the program.
fn with_front(before: &str) -> String {
    let words: Vec<&str> =
        before.split(' ').chain(["external-dns"]).chain(WORDS.split(' ')).collect();
    deployment(&json!(words), &json!([]))
}

#[test]
fn variables_before_the_program_in_a_command_are_the_programs() {
    for before in [
        "env EXTERNAL_DNS_LABEL_FILTER=a=b",
        "/usr/bin/env X=y EXTERNAL_DNS_LABEL_FILTER=a=b",
        "tini -g -- env EXTERNAL_DNS_LABEL_FILTER=a=b",
        "nice -n 10 ionice -c 2 -n 7 env EXTERNAL_DNS_LABEL_FILTER=a=b",
        "flock -n /run/external-dns env EXTERNAL_DNS_LABEL_FILTER=a=b exec",
    ] {
        taken(&with_front(before));
        let line = format!("{before} external-dns {WORDS}");
        taken(&deployment(&json!(["sh", "-c", line]), &json!([])));
        taken(&deployment(&json!(["/bin/bash", "-euc", line]), &json!([])));
        taken(&format!("[Service]\nExecStart=/bin/sh -c '{line}'"));
        taken(&format!("services: {{dns: {{image: '{IMAGE}', command: [sh, -c, '{line}']}}}}"));
    }
    for line in [
        format!("{VARIABLE}=a=b external-dns {WORDS}"),
        format!("{VARIABLE}='a=b' exec external-dns {WORDS}"),
        format!("{VARIABLE}=$F external-dns {WORDS}"),
    ] {
        let env = json!([{"name": "F", "value": "a=b"}, {"name": VARIABLE, "value": "old"}]);
        taken(&deployment(&json!(["sh", "-c", line]), &env));
        taken(&deployment(&json!(["env", "X=y", "sh", "-c", line]), &env));
    }
}

#[test]
fn what_starts_the_program_and_may_set_more_holds_and_is_shown_by_its_name() {
    for before in [
        "envdir /etc/dns",
        "chpst -e /etc/dns",
        "xargs -a /etc/dns.args",
        "doppler run -t dp.st.hunter2hunter2 --",
        "doppler run --token=dp.st.hunter2hunter2 --",
        "aws-vault exec hunter2hunter2 --",
        "tini -- envdir /etc/external-dns",
        "env -S API_TOKEN=hunter2hunter2",
        "env -i",
        "env -u EXTERNAL_DNS_LABEL_FILTER",
        "/entrypoint.sh",
        "bash /start.sh",
        "busybox env",
        "sudo -n",
    ] {
        let line = format!("{before} external-dns {WORDS}");
        for text in [
            with_front(before),
            deployment(&json!(["sh", "-c", line]), &json!([])),
            format!("[Service]\nExecStart=/bin/sh -c '{line}'"),
            format!("services: {{dns: {{image: '{IMAGE}', command: [sh, -c, '{line}']}}}}"),
        ] {
            let made = held(&text);
            assert!(!made.to_string().contains("hunter2"), "{text}\n{made}");
        }
        if before.starts_with(['b', 'c', 'd', 'x', 'a']) || before.starts_with("envdir") {
            let first = before.split(' ').next().unwrap();
            told(&with_front(before), &format!("`{first}` starts it"));
        }
    }
    for flags in ["-lc", "-ic", "-l -c", "--login -c", "--rcfile /x -c"] {
        let words: Vec<&str> = ["bash"].into_iter().chain(flags.split(' ')).collect();
        let line = format!("external-dns {WORDS}");
        let words: Vec<&str> = words.into_iter().chain([line.as_str()]).collect();
        held(&deployment(&json!(words), &json!([])));
    }
    let secret = json!([{"name": "F", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    told(
        &deployment(&json!(["sh", "-c", format!("{VARIABLE}=$F external-dns {WORDS}")]), &secret),
        VARIABLE,
    );
}

#[test]
fn what_is_put_over_an_installation_in_another_document_holds() {
    let compose = format!("services: {{dns: {{image: '{IMAGE}', command: '{WORDS}'}}}}");
    let pod = deployment(
        &json!(["external-dns"].iter().copied().chain(WORDS.split(' ')).collect::<Vec<_>>()),
        &json!([]),
    );
    let patch = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "dns"}, "spec": {"template": {"spec":
        {"containers": [{"name": "dns", "env": [{"name": "EXTERNAL_DNS_DOMAIN_FILTER", "value": "a.org"}]}]}}}});
    let mut bare = patch.clone();
    bare["spec"]["template"]["spec"] = json!({"initContainers": []});
    let mut args = patch.clone();
    args["spec"]["template"]["spec"]["containers"] =
        json!([{"name": "dns", "args": ["--source=service", "--domain-filter=a.org"]}]);
    let all = [
        "services: {dns: {environment: {EXTERNAL_DNS_DOMAIN_FILTER: a.org}}}".to_owned(),
        "services: {dns: {command: '--dry-run --source=service'}}".to_owned(),
        "EXTERNAL_DNS_DOMAIN_FILTER=a.org\nEXTERNAL_DNS_DRY_RUN=true".to_owned(),
        "EXTERNAL_DNS_DOMAIN_FILTER: a.org".to_owned(),
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches: [{path: patch.yaml}]".to_owned(),
        "resources: [dns.yaml]\npatchesStrategicMerge: [patch.yaml]".to_owned(),
        "[{op: add, path: /spec/template/spec/containers/0/args/-, value: --dry-run}]".to_owned(),
    ];
    for other in &all {
        for first in [&compose, &pod] {
            held(&format!("{first}\n---\n{other}"));
            held(&format!("{other}\n---\n{first}"));
        }
    }
    for other in [&patch, &bare, &args] {
        held(&format!("{pod}\n---\n{other}"));
        held(&format!("{other}\n---\n{pod}"));
    }
    let made = held(&format!("{compose}\n---\nCF_API_TOKEN=hunter2hunter2 and: more"));
    assert!(!made.to_string().contains("hunter2"), "{made}");
    // What has nothing to do with it holds nothing.
    let other = patch.to_string().replace("\"dns\"", "\"web\"");
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: dns}}";
    for other in [other.as_str(), account, ""] {
        let made = super::made(&format!("{pod}\n---\n{other}"));
        assert_eq!(made.values["policy"], "sync", "{other}\n{made}");
    }
}

#[test]
fn a_line_of_helm_hides_no_start() {
    let line = format!("exec external-dns {WORDS} --label-filter=a=b --domain-filter=a.org");
    for helm in [
        "helm repo add external-dns https://kubernetes-sigs.github.io/external-dns",
        "helm list -A",
        "helm upgrade --install nginx x/nginx --set a=b",
    ] {
        let made = held(&format!("{helm}\n{line}"));
        assert_eq!(made.values["labelFilter"], "a=b", "{made}");
        assert_eq!(made.values["txtOwnerId"], "me", "{made}");
    }
    let release =
        "helm upgrade --install external-dns x/external-dns --set txtOwnerId=me --set policy=sync";
    told(&format!("{release}\n{line}"), "beside helm");
    for more in [
        "kubectl set env deployment/external-dns EXTERNAL_DNS_DOMAIN_FILTER=a.org",
        "kubectl -n dns patch deployment external-dns -p '{}'",
    ] {
        told(&format!("{release}\n{more}"), "kubectl");
    }
    assert_eq!(made(release).values["policy"], "sync");
}

#[test]
fn what_other_shells_set_and_what_kubectl_changes_holds() {
    for before in [
        "set -gx EXTERNAL_DNS_LABEL_FILTER a=b",
        "set -x EXTERNAL_DNS_LABEL_FILTER a=b",
        "set --export EXTERNAL_DNS_LABEL_FILTER a=b",
        "set EXTERNAL_DNS_LABEL_FILTER=a=b",
        "set \"EXTERNAL_DNS_LABEL_FILTER=a=b\"",
    ] {
        told(&format!("cd /\n{before}\nexternal-dns {WORDS}"), "set in line 2");
    }
    let sh = format!("set EXTERNAL_DNS_LABEL_FILTER=a=b\nexternal-dns {WORDS}");
    held(&deployment(&json!(["sh", "-c", sh]), &json!([])));
    let export = format!("export {VARIABLE}=a=b");
    for unset in ["[ -n \"$X\" ] && unset", "if x; then\n unset", "x || unset -v"] {
        let end = if unset.starts_with("if") { "\nfi" } else { "" };
        told(&format!("{export}\n{unset} {VARIABLE}{end}\nexternal-dns {WORDS}"), VARIABLE);
    }
    told(&format!("{export}\nunset $NAMES\nexternal-dns {WORDS}"), "unset in line 2");
    taken(&format!("{export}\nunset -f {VARIABLE}\nexternal-dns {WORDS}"));
    taken(&format!("set -euo pipefail\n{export}\nunset X\nexternal-dns {WORDS}"));
    let run = format!("kubectl run external-dns --image={IMAGE} --env={VARIABLE}=a=b -- {WORDS}");
    let changed = "kubectl set env pod/external-dns EXTERNAL_DNS_DOMAIN_FILTER=a.org";
    told(&format!("{run}\n{changed}"), "kubectl in line 2");
    told(&format!("kubectl patch deployment external-dns -p x\n{run}"), "kubectl in line 1");
    taken(&format!("kubectl get pods\n{run}"));
}

#[test]
fn what_is_quoted_in_a_command_that_is_filled_in_does_not_end_it() {
    for value in [
        "$(echo ')' ; echo b)",
        "$(echo \")\" \"$(echo ')')\" b)",
        "$(echo \\) b # it's )\n)",
        "\"$(echo \"a)\" 'b')\"",
    ] {
        let script = format!("X={value}\nexport {VARIABLE}=a=b\nexternal-dns {WORDS}");
        taken(&script);
    }
}

#[test]
fn lines_of_a_unit_that_are_none_and_templates_hold() {
    let unit = |more: &str| format!("[Service]\n{more}\nExecStart=/usr/bin/external-dns {WORDS}");
    for more in [
        "EXTERNAL_DNS_DOMAIN_FILTER a.org",
        "include /etc/dns.conf",
        "{% if x %}\nEnvironment=EXTERNAL_DNS_DRY_RUN=true\n{% endif %}",
        "%{ if x }\nEnvironment=A=b\n%{ endif }",
        "Environment=A={{ a }}",
        "Environment=A=<%= a %>",
    ] {
        held(&unit(more));
    }
    told(&unit("{% if x %}"), "template");
    let own = "[Service]\nEnvironment=\"EXTERNAL_DNS_FQDN_TEMPLATE={{ .Name }}.b.org\"\nExecStart=/usr/bin/external-dns";
    taken(&format!("{own} {WORDS} --label-filter=a=b"));
    taken(&format!(
        "[Service]\nExecStart=/usr/bin/external-dns {WORDS} --fqdn-template={{{{.Name}}}}.b.org --label-filter=a=b"
    ));
}

#[test]
fn what_systemd_hands_on_or_sets_for_all_units_holds() {
    let unit = |more: &str| format!("[Service]\n{more}\nExecStart=/usr/bin/external-dns {WORDS}");
    told(
        &unit("PassEnvironment=EXTERNAL_DNS_DOMAIN_FILTER\nEnvironment=\nEnvironment=A=b"),
        "EXTERNAL_DNS_DOMAIN_FILTER",
    );
    for more in [
        "ExecStartPre=/bin/systemctl set-environment EXTERNAL_DNS_DOMAIN_FILTER=a.org",
        "ExecStartPre=-systemctl import-environment EXTERNAL_DNS_DRY_RUN",
        "ExecCondition=/bin/sh -c 'systemctl set-environment A=b'",
    ] {
        told(&unit(more), "[Service] Exec");
    }
    taken(&unit(&format!("ExecStartPre=/bin/true\nEnvironment={VARIABLE}=a=b")));
}

#[test]
fn a_variable_that_is_exported_no_more_holds() {
    held(&format!("export {VARIABLE}=a=b\nexport -n {VARIABLE}\nexec external-dns {WORDS}"));
}

#[test]
fn what_a_secret_is_by_default_or_is_made_of_is_not_shown() {
    for text in [
        format!("exec external-dns {WORDS} --pdns-api-key=${{KEY:-hunter2hunter2}}"),
        format!("exec external-dns {WORDS} --pdns-api-key ${{KEY:-hunter2hunter2}}"),
        format!("exec external-dns {WORDS} --pdns-api-key=$(echo hunter2hunter2)"),
        format!("exec external-dns {WORDS} ${{MORE:---pdns-api-key=hunter2hunter2}}"),
        format!("external-dns {WORDS} --pdns-api-key=${{KEY:-hunter2hunter2}}"),
        format!(
            "FROM {IMAGE}\nRUN echo hunter2hunter2\nCMD external-dns {WORDS} --pdns-api-key hunter2hunter2"
        ),
        format!("[Service]\nEnvironment=A=b hunter2hunter2\nExecStart=external-dns {WORDS}"),
        "provider: {name: aws}\nenv: [{key: API_TOKEN, value: hunter2hunter2}]".to_owned(),
        "provider: {name: aws}\nenv: [{name: API_TOKEN, value: [hunter2hunter2]}]".to_owned(),
        "provider: {name: aws}\nenv: hunter2hunter2".to_owned(),
        format!("docker run --no-such hunter2hunter2 --other=hunter2hunter2 {IMAGE} {WORDS}"),
        format!(
            "services: {{dns: {{image: '{IMAGE}', command: '{WORDS} --pdns-api-key=${{KEY:-hunter2hunter2}}'}}}}"
        ),
    ] {
        let made = made(&text);
        assert!(!made.to_string().contains("hunter2"), "{text}\n{made}");
    }
    let made = made(&format!("exec external-dns {WORDS} --pdns-api-key=${{KEY:-hunter2hunter2}}"));
    assert!(made.to_string().contains("${KEY:…}"), "{made}");
}

#[test]
fn texts_that_stand_in_each_other_without_end_are_read_to_some_depth_and_hold() {
    let nested = |depth: usize, line: &str| {
        let begin: Vec<_> = (0..depth).map(|at| format!("cat > f{at} <<'E{at}'\n")).collect();
        let end: Vec<_> = (0..depth).rev().map(|at| format!("E{at}\n")).collect();
        format!("{}{line}\n{}", begin.concat(), end.concat())
    };
    let line = format!("exec external-dns {WORDS} --label-filter=a=b");
    for depth in [1, 7, 8, 9, 12_000] {
        held(&nested(depth, &line));
    }
}
