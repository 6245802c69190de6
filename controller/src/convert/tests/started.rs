//! What stands beside the line that starts ExternalDNS, and feeds it, is read as variables are, or holds.

mod beside;
mod elsewhere;

use super::*;

const WORDS: &str = "--source=service --provider=aws --policy=sync --txt-owner-id=me";

const IMAGE: &str = "registry.k8s.io/external-dns/external-dns:v0.15.0";

const VARIABLE: &str = "EXTERNAL_DNS_LABEL_FILTER";

/// Asserts that a text is taken whole, with the label filter that a variable beside its words sets.
#[track_caller]
fn taken(text: &str) {
    let made = made(text);
    assert!(made.heaviest() <= Some(Weight::Changed), "{text}\n{made}");
    assert_eq!(made.values["labelFilter"], "a=b", "{text}\n{made}");
    assert_eq!(made.values["policy"], "sync", "{text}\n{made}");
    assert_eq!(made.values["txtOwnerId"], "me", "{text}\n{made}");
}

/// Asserts that nothing of a text is deleted or published more than there was, until a person has looked.
#[track_caller]
fn held(text: &str) -> Conversion {
    let made = made(text);
    assert_eq!(made.heaviest(), Some(Weight::Refused), "{text}\n{made}");
    assert_ne!(made.values["policy"], "sync", "{text}\n{made}");
    assert!(made.controller.iter().any(|word| word.contains(crate::args::OPEN)), "{text}\n{made}");
    made
}

/// Asserts that a text is held and says where something is that is not read.
#[track_caller]
fn told(text: &str, place: &str) {
    let made = held(text);
    assert!(made.to_string().contains(place), "{place}: {text}\n{made}");
}

#[test]
fn variables_of_a_unit_are_the_programs() {
    for unit in [
        format!("[Service]\nEnvironment={VARIABLE}=a=b\nExecStart=/usr/bin/external-dns {WORDS}"),
        format!(
            "[Unit]\nAfter=network.target\n[Service]\nEnvironment=\"{VARIABLE}=a=b\" X=y\nType=simple\nRestart=always\nExecStart=-/usr/bin/external-dns {WORDS}"
        ),
        // Of two the later one counts, and a flag before a variable.
        format!(
            "[Service]\nEnvironment={VARIABLE}=old {VARIABLE}=a=b EXTERNAL_DNS_TXT_OWNER_ID=other\nExecStart=/usr/bin/external-dns {WORDS}"
        ),
        "[Service]\nEnvironment=OWNER=me F=--label-filter=a=b\nExecStart=/usr/bin/external-dns --source=service --provider=aws --policy=sync \
         --txt-owner-id=${OWNER} $F"
            .to_owned(),
        format!(
            "[Service]\nEnvironment={VARIABLE}=a=b\nExecStart=/bin/sh -c 'exec external-dns {WORDS}'"
        ),
        format!(
            "[Service]\nExecStart=/usr/bin/docker run --rm -e {VARIABLE}=a=b --network host {IMAGE} {WORDS}"
        ),
        format!(
            "[Container]\nImage={IMAGE}\nExec={WORDS}\nEnvironment={VARIABLE}=a=b\nAutoUpdate=registry\n[Service]\nRestart=always"
        ),
    ] {
        taken(&unit);
        taken(&format!("\u{feff}{}", unit.replace('\n', "\r\n")));
    }
}

#[test]
fn what_of_a_unit_comes_from_elsewhere_holds() {
    let unit = |more: &str, words: &str| {
        format!("[Service]\n{more}\nExecStart=/usr/bin/external-dns {WORDS} {words}")
    };
    for (more, words, place) in [
        ("EnvironmentFile=-/etc/default/dns", "", "EnvironmentFile=-/etc/default/dns"),
        ("PassEnvironment=EXTERNAL_DNS_DOMAIN_FILTER", "", "EXTERNAL_DNS_DOMAIN_FILTER"),
        ("UnsetEnvironment=X", "", "[Service] UnsetEnvironment="),
        ("", "--domain-filter=%H.example.org", "--domain-filter=%H.example.org"),
        ("", "--domain-filter=${DOMAIN}", "--domain-filter=${DOMAIN}"),
        ("", "$MORE", "$MORE"),
        ("Environment=EXTERNAL_DNS_DOMAIN_FILTER=%i.example.org", "", "EXTERNAL_DNS_DOMAIN_FILTER"),
    ] {
        told(&unit(more, words), place);
    }
    told(
        &format!("[Container]\nImage={IMAGE}\nExec={WORDS}\nEnvironmentHost=true"),
        "EnvironmentHost=",
    );
}

#[test]
fn an_empty_setting_of_a_unit_forgets_those_before_it() {
    let unit = format!(
        "[Service]\nEnvironment={VARIABLE}=old\nEnvironmentFile=/etc/x\nExecStart=/usr/bin/external-dns {WORDS} --domain-filter=old.org\n\
         # override.conf\n[Service]\nEnvironment=\nEnvironment={VARIABLE}=a=b\nEnvironmentFile=\nExecStart=\nExecStart=/usr/bin/external-dns {WORDS}"
    );
    taken(&unit);
    assert!(!made(&unit).values.contains_key("domainFilters"));
}

#[test]
fn a_unit_that_starts_the_program_twice_is_two_installations() {
    let line = format!("ExecStart=/usr/bin/external-dns {WORDS} --label-filter=a=b");
    for unit in [
        format!("[Service]\nType=oneshot\n{line}\n{line}"),
        format!("[Service]\nType=oneshot\n{line} ; /usr/bin/external-dns {WORDS}"),
    ] {
        told(&unit, "an installation of its own");
    }
}

#[test]
fn signs_that_systemd_and_compose_have_for_themselves_say_what_they_stand_for() {
    let unit = "[Service]\nExecStart=/usr/bin/external-dns --source=service --provider=aws --policy=sync --txt-owner-id=50%%$$x \"--label-filter=a in (b, c)\"";
    let compose = format!(
        "services: {{dns: {{image: '{IMAGE}', command: '--source=service --provider=aws --policy=sync --txt-owner-id=50%$$x --label-filter=\"a in (b, c)\"'}}}}"
    );
    for text in [unit, &compose] {
        let made = made(text);
        assert!(made.controller.contains(&"--txt-owner-id=50%$x".to_owned()), "{made}");
        assert_eq!(made.values["labelFilter"], "a in (b, c)", "{made}");
        assert_eq!(made.values["policy"], "sync", "{made}");
    }
}

#[test]
fn variables_before_a_line_of_a_script_are_the_programs() {
    for script in [
        format!("export {VARIABLE}=a=b\nexec external-dns {WORDS}"),
        format!("{VARIABLE}=a=b external-dns {WORDS}"),
        format!(
            "#!/bin/sh\nset -eu\n{VARIABLE}='a=b'; export {VARIABLE}\nexec /usr/bin/external-dns {WORDS} >> /var/log/dns 2>&1 &"
        ),
        format!("env -i {VARIABLE}=a=b external-dns {WORDS}"),
        format!("export {VARIABLE}=old\nsudo -u dns {VARIABLE}=a=b external-dns {WORDS}"),
        format!("set -a\n{VARIABLE}=a=b\nset +a\nexternal-dns {WORDS} | tee log"),
        format!(
            "FILTER=a=b\nMORE=\"--label-filter=$FILTER --events\"\nexec external-dns \\\n  {WORDS} \\\n  $MORE # all"
        ),
        format!("sleep 5 && docker run -d -e {VARIABLE}=a=b --name dns -v /x:/y {IMAGE} {WORDS}"),
        format!(
            "export {VARIABLE}=a=b\ndocker run -dit --env={VARIABLE} -p7979:7979 {IMAGE} {WORDS}"
        ),
        format!(
            "kubectl run external-dns --image={IMAGE} --env={VARIABLE}=a=b --restart=Never -- {WORDS}"
        ),
        format!("kubectl -n dns run external-dns --image={IMAGE} --env {VARIABLE}=a=b -- {WORDS}"),
        format!("external-dns {WORDS} --label-filter=\"a\"'=b'"),
    ] {
        taken(&script);
    }
}

#[test]
fn what_a_script_may_set_in_another_way_holds() {
    for (script, place) in [
        (format!("source /etc/dns.env\nexec external-dns {WORDS}"), "source in line 1"),
        (format!("export $(cat .env)\nexec external-dns {WORDS}"), "export in line 1"),
        (
            format!(
                "if x; then\n export {VARIABLE}=a\nelse\n export {VARIABLE}=b\nfi\nexternal-dns {WORDS}"
            ),
            VARIABLE,
        ),
        (format!("[ -z \"$X\" ] && export {VARIABLE}=a=b\nexternal-dns {WORDS}"), VARIABLE),
        // It is the program's only where it was exported before.
        (format!("{VARIABLE}=a=b\nexternal-dns {WORDS}"), VARIABLE),
        // Most often nothing of it comes through.
        (format!("export {VARIABLE}=a=b\nsudo external-dns {WORDS}"), VARIABLE),
        (format!("exec external-dns {WORDS} \"$@\""), "$@"),
        (format!("external-dns {WORDS} $MORE"), "$MORE"),
        (format!("exec external-dns {WORDS} --domain-filter $DOMAIN"), "--domain-filter"),
        (
            format!("exec external-dns {WORDS} --domain-filter=${{DOMAIN:-a.org}}"),
            "${DOMAIN:-a.org}",
        ),
        (format!("exec external-dns {WORDS} --domain-filter={{a,b}}.org"), "{a,b}.org"),
        (
            format!("exec external-dns {WORDS} \\ \n --domain-filter=a.org"),
            "--domain-filter in line 2",
        ),
        (format!("docker run --env-file dns.env {IMAGE} {WORDS}"), "--env-file dns.env"),
        (format!("docker run -e {VARIABLE} {IMAGE} {WORDS}"), VARIABLE),
        (format!("docker compose run external-dns {WORDS}"), "the compose file"),
        (format!("docker-compose run external-dns {WORDS}"), "the compose file"),
        (format!("sudo docker run -e {VARIABLE} {IMAGE} {WORDS}"), VARIABLE),
        (format!("docker exec dns external-dns {WORDS}"), "before it"),
        (format!("docker run --entrypoint /start.sh {IMAGE} {WORDS}"), "--entrypoint=/start.sh"),
    ] {
        told(&script, place);
    }
}

#[test]
fn words_that_may_be_any_flags_hold_filters_wherever_they_stand() {
    for word in [
        "$(MORE)",
        "${MORE}",
        "@/etc/dns.args",
        "\u{2014}domain-filter=a.org",
        "--domain-filter=\u{201c}a.org\u{201d}",
        "--domain-filter=&quot;a.org&quot;",
        "--$(NAME)=x",
    ] {
        let list: Vec<&str> = WORDS.split(' ').chain([word]).collect();
        told(&json!(list).to_string(), word.split('=').next().unwrap());
        let deployment = json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "dns"}, "spec": {"template": {"spec":
            {"containers": [{"name": "dns", "image": IMAGE, "args": list}]}}}});
        told(&deployment.to_string(), word.split('=').next().unwrap());
    }
    told(
        &format!("exec external-dns {WORDS} --annotation-filter=&quot;a in (b)&quot;"),
        "escaped for HTML",
    );
}

#[test]
fn a_file_that_a_script_writes_is_read_and_the_script_holds() {
    let script = format!(
        "cat > /etc/systemd/system/dns.service <<-'EOF'\n\t[Service]\n\tEnvironment={VARIABLE}=a=b\n\tExecStart=/usr/bin/external-dns {WORDS}\n\tEOF\nsystemctl start dns"
    );
    told(&script, "the script around the text that begins in line 1");
    assert_eq!(made(&script).values["labelFilter"], "a=b");
}

#[test]
fn a_container_that_was_inspected_is_all_there_is() {
    let inspected = json!([{"Id": "x", "Path": "/bin/external-dns", "Args": WORDS.split(' ').collect::<Vec<_>>(), "State": {"Status": "running"},
        "Config": {"Image": IMAGE, "Env": [format!("{VARIABLE}=a=b"), "PATH=/bin"]}, "HostConfig": {"Binds": null}}]);
    taken(&inspected.to_string());
    assert!(!made(&inspected.to_string()).to_string().contains("PATH"));
}

#[test]
fn a_task_of_nomad_is_read_and_what_else_feeds_it_holds() {
    let job = |more: &str| {
        format!(
            "job \"dns\" {{\n group \"dns\" {{\n task \"dns\" {{\n driver = \"docker\"\n config {{\n image = \"{IMAGE}\"\n args = {}\n }}\n \
             env {{\n {VARIABLE} = \"a=b\"\n }}\n {more}\n }}\n }}\n}}\n",
            json!(WORDS.split(' ').collect::<Vec<_>>())
        )
    };
    taken(&job("resources { cpu = 100 }"));
    told(
        &job("template {\n data = \"X=y\"\n destination = \"x.env\"\n env = true\n }"),
        "task dns: template",
    );
    told(
        &job("env { EXTERNAL_DNS_DOMAIN_FILTER = \"${meta.domain}\" }"),
        "EXTERNAL_DNS_DOMAIN_FILTER",
    );
    assert!(
        convert("job \"x\" {\n task \"y\" {\n config { image = \"redis\" }\n }\n}")
            .unwrap_err()
            .contains("no task")
    );
}

#[test]
fn an_image_is_read_and_what_starts_it_holds() {
    for file in [
        format!(
            "FROM golang AS build\nENV X=y\nRUN make\nFROM {IMAGE}\nENV {VARIABLE}=\"a=b\"\nCMD {}",
            json!(WORDS.split(' ').collect::<Vec<_>>())
        ),
        format!(
            "# syntax=docker/dockerfile:1\nARG V=1\nFROM alpine:$V\nENV F a=b\nENV {VARIABLE}=$F\nENTRYPOINT exec external-dns {WORDS}"
        ),
    ] {
        told(&file, "docker run");
        assert_eq!(made(&file).values["labelFilter"], "a=b", "{file}");
        assert_eq!(made(&file).values["txtOwnerId"], "me", "{file}");
    }
    assert!(convert("FROM alpine\nCMD [\"redis\"]").unwrap_err().contains("docker inspect"));
}

#[test]
fn what_a_pipeline_knows_is_filled_in_and_what_it_may_know_holds() {
    let line = "external-dns --source=service --provider=aws --policy=sync --label-filter=a=b --txt-owner-id=";
    for text in [
        format!(
            "on: push\nenv: {{OWNER: other}}\njobs: {{dns: {{env: {{OWNER: me}}, steps: [{{uses: x}}, {{run: '{line}${{{{ env.OWNER }}}}'}}]}}}}"
        ),
        format!("variables: {{OWNER: {{value: me}}}}\ndns: {{script: ['set -e', '{line}$OWNER']}}"),
        format!(
            "version: '3'\nvars: {{OWNER: me}}\ntasks: {{dns: {{cmds: ['{line}{{{{.OWNER}}}}']}}}}"
        ),
        format!("OWNER := me\n.PHONY: run\nrun: build\n\t@{line}$(OWNER)\n"),
        format!("#cloud-config\nruncmd:\n- export OWNER=me\n- {line}$OWNER\n"),
        format!(
            "#cloud-config\nwrite_files:\n- path: /x.service\n  content: |\n    [Service]\n    ExecStart=/usr/bin/{line}me\n"
        ),
        format!(
            "steps: [{{command: [sh, -c, '{line}me']}}, {{command: [{}]}}]",
            line.trim().replace(' ', ", ") + "me"
        ),
    ] {
        let made = held(&text);
        assert_eq!(made.values["txtOwnerId"], "me", "{text}\n{made}");
        assert_eq!(made.values["labelFilter"], "a=b", "{text}\n{made}");
    }
    // Make takes what it is called with before what stands there.
    told(
        &format!("OWNER ?= me\nrun: build\n\t{line}$(OWNER) --domain-filter=$$DOMAIN\n"),
        "$DOMAIN",
    );
}

#[test]
fn what_compose_fills_in_is_not_known_and_what_services_share_sets_nothing() {
    let compose = |command: &str, more: &str| {
        format!(
            "x-dns: &dns\n  image: {IMAGE}\n  restart: always\nservices:\n  dns:\n    <<: *dns\n    profiles: [dns]\n    command: {command}\n    {more}"
        )
    };
    taken(&compose(
        &format!("[{}]", WORDS.replace(' ', ", ")),
        "environment: {EXTERNAL_DNS_LABEL_FILTER: a=b}",
    ));
    taken(&compose(WORDS, "environment: [EXTERNAL_DNS_LABEL_FILTER=a=b]"));
    taken(&compose(
        &format!("[sh, -c, 'exec external-dns {WORDS} --label-filter=$$F']"),
        "environment: {F: a=b}",
    ));
    told(&compose(&format!("{WORDS} --domain-filter=${{D:-a.org}}"), ""), "${D:-a.org}");
    told(
        &compose(WORDS, "environment: {EXTERNAL_DNS_DOMAIN_FILTER: \"${D}\"}"),
        "EXTERNAL_DNS_DOMAIN_FILTER",
    );
    let owner = made(&compose(
        "--source=service --provider=aws --policy=sync --txt-owner-id=${OWNER:-me}",
        "",
    ));
    assert_eq!(owner.values["txtOwnerId"], "CHANGE-ME", "{owner}");
    assert_eq!(owner.values["policy"], "upsert-only", "{owner}");
}

#[test]
fn where_there_is_no_pod_no_account_is_said_to_have_been_there() {
    let compose = made(&format!("services: {{dns: {{image: '{IMAGE}', command: '{WORDS}'}}}}"));
    assert!(said(&compose, "serviceAccountName").is_empty(), "{compose}");
    assert_eq!(said(&compose, "serviceAccount").len(), 1, "{compose}");
}

#[test]
fn what_kubernetes_would_fill_in_is_what_it_is_where_there_is_no_pod() {
    let made = made(&format!(
        "export X=y\nexec external-dns {WORDS} --label-filter=a '--aws-zone-tags=a=$(X)'"
    ));
    assert!(made.provider.contains(&"--aws-zone-tags=a=$$(X)".to_owned()), "{made}");
}

#[test]
fn a_role_is_given_by_its_arn_wherever_it_stands() {
    for text in [
        format!("exec external-dns {WORDS} --aws-assume-role=dns-role"),
        format!(
            "[Service]\nEnvironment=EXTERNAL_DNS_AWS_ASSUME_ROLE=dns-role\nExecStart=/usr/bin/external-dns {WORDS}"
        ),
    ] {
        let made = made(&text);
        assert!(made.to_string().contains("arn:aws:iam::123456789012:role/dns"), "{made}");
        assert!(made.provider.contains(&"--aws-assume-role=CHANGE-ME".to_owned()), "{made}");
        assert_eq!(made.values["policy"], "upsert-only", "{made}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_script_ends_the_program(text in "[-a-z=$(){}\\[\\] \n\"'`&|;<>#\\\\%@:.]{0,60}") {
        for text in [text.clone(), format!("external-dns --source={text}"), format!("[Service]\nExecStart=external-dns {text}"),
            format!("FROM external-dns\nENV {text}"), format!("a:\n\texternal-dns --source=x {text}")]
        {
            drop(convert(&text));
        }
    }

    #[test]
    fn a_filter_in_a_script_is_taken_or_held(before in "[a-z$(){}\"'`&|;<>#\\\\ ]{0,12}", after in "[a-z$(){}\"'`&|;<>#\\\\ ]{0,12}") {
        let text = format!("{before} external-dns {WORDS} --domain-filter=a.example {after}");
        if let Ok(made) = convert(&text) {
            let is_there = made.controller.iter().any(|word| word.starts_with("--domain-filter=a.example") || word.contains(crate::args::OPEN));
            prop_assert!(is_there, "{}\n{}", text, made);
        }
    }
}
