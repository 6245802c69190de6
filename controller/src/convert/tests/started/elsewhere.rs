//! Starts by what is no shell of the machine: `OpenRC`, launchd, a container that is made first, another machine, Terraform.

use super::*;

#[test]
fn a_script_of_openrc_is_read_and_what_stands_beside_it_holds() {
    let script = |inner: &str| {
        format!(
            "#!/sbin/openrc-run\nname=\"dns\"\ncommand=/usr/bin/external-dns\ncommand_args=\"{WORDS}\"\ncommand_background=true\npidfile=/run/dns.pid\n{inner}\ndepend() {{\n\tneed net\n}}\n"
        )
    };
    for (inner, place) in [
        (String::new(), "/etc/conf.d"),
        (format!("export {VARIABLE}=a=b"), "/etc/conf.d"),
        ("command_args=\"${command_args} --label-filter=a=b\"".to_owned(), "/etc/conf.d"),
        ("start_pre() {\n\t. /etc/dns.env\n}".to_owned(), "start_pre()"),
        ("start_pre() { . /etc/dns.env\n}".to_owned(), "start_pre()"),
        (". /etc/dns.env".to_owned(), "in line 8"),
    ] {
        let made = held(&script(&inner));
        assert!(made.to_string().contains(place), "{place}: {inner}\n{made}");
        assert_eq!(made.values["txtOwnerId"], "me", "{made}");
        if inner.contains("a=b") {
            assert_eq!(made.values["labelFilter"], "a=b", "{made}");
        }
    }
    let other = convert("#!/sbin/openrc-run\ncommand=/usr/bin/nginx\n").unwrap_err();
    assert!(other.contains("OpenRC") && other.contains("signpost convert --"), "{other}");
}

#[test]
fn a_property_list_of_launchd_is_read() {
    let words = format!("/usr/local/bin/external-dns {WORDS}");
    let words = words.split(' ').fold(String::new(), |all, word| {
        all + "<string>"
            + word
            + "</string>
"
    });
    let list = |inner: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n<!-- <key>X</key> -->\n<key>Label</key><string>dns</string>\n<key>RunAtLoad</key><true/>\n<key>ProgramArguments</key>\n<array>\n{words}{inner}\n</dict>\n</plist>\n"
        )
    };
    taken(&list("<string>--label-filter=a=b</string>\n</array>"));
    taken(&list(&format!(
        "</array>\n<key>EnvironmentVariables</key><dict><key>{VARIABLE}</key><string>a=b</string></dict>"
    )));
    told(&list("</array>\n<key>Unknown</key><dict/>"), "Unknown");
    told(&(list("</array>") + &list("</array>")), "another property list");
    for unread in ["<![CDATA[--namespace=prod]]>", "--name<!-- x -->space=prod"] {
        let whole = format!("<string>{unread}</string>\n</array>");
        assert!(convert(&list(&whole)).unwrap_err().contains("launchd"), "{unread}");
    }
    let other = convert(&list("</array>").replace("external-dns", "nginx")).unwrap_err();
    assert!(other.contains("launchd") && other.contains("signpost convert --"), "{other}");
}

#[test]
fn what_a_shell_is_given_as_its_script_is_read_in_other_forms_too() {
    let rc = |args: &str| {
        format!(
            "#!/sbin/openrc-run\ncommand=/bin/sh\ncommand_args=\"{args}\"\ncommand_background=yes\n"
        )
    };
    let list = |words: &[&str]| {
        let words: String = words
            .iter()
            .map(|word| format!("<string>{word}</string>"))
            .collect::<Vec<_>>()
            .concat();
        format!(
            "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict><key>ProgramArguments</key><array>{words}</array></dict></plist>\n"
        )
    };
    let script = format!("exec /usr/bin/external-dns {WORDS}");
    let made = held(&rc(&format!("-c '{script} >>/var/log/dns.log 2>&1'")));
    assert_eq!(
        (&made.values["txtOwnerId"], &made.values["sources"]),
        (&json!("me"), &json!(["service"])),
        "{made}"
    );
    for shell in ["/bin/sh", "/bin/bash", "/usr/bin/env sh"] {
        let mut words: Vec<&str> = shell.split(' ').collect();
        words.extend(["-ec", &script]);
        if shell.contains("env") {
            assert!(convert(&list(&words)).unwrap_err().contains("launchd"));
        } else {
            taken(&list(&words[..]).replace(WORDS, &format!("{WORDS} --label-filter=a=b")));
        }
    }
    told(&list(&["/bin/sh", "-lc", &script]), "the profile of the shell");
    told(&list(&["/bin/sh", "-c", &script, "x"]), "the words behind the script");
    for none in
        [&["/bin/sh", &*script][..], &["/bin/sh", "-x", &script], &["/bin/sh", "-c"], &["sh"]]
    {
        assert!(convert(&list(none)).unwrap_err().contains("launchd"), "{none:?}");
    }
}

#[test]
fn defaults_of_a_script_of_openrc_are_told_and_the_rest_of_it_is_taken() {
    let made = held(
        "#!/sbin/openrc-run\n: ${OWNER:=me}\n: \"${DOMAIN:=b.org}\"\ncommand=/usr/bin/external-dns\n\
         command_args=\"--source=service --provider=aws --policy=sync --txt-owner-id=${OWNER} --label-filter=a=b\"\n",
    );
    assert_eq!(made.values["sources"], json!(["service"]), "{made}");
    assert_eq!(made.values["labelFilter"], "a=b", "{made}");
    let text = made.to_string();
    assert!(text.contains("--txt-owner-id: something fills it in"), "{text}");
    assert!(text.contains("`${…:=…} in line 2`") && !text.contains("`: in line"), "{text}");
    // What a command computes may be any words.
    let computed = "#!/sbin/openrc-run\ncommand=/usr/bin/external-dns\ncommand_args=\"--source=service $(cat /x --policy=sync)\"\n";
    assert!(convert(computed).unwrap_err().contains("OpenRC"));
}

#[test]
fn helm_in_a_provisioner_is_read_and_what_terraform_fills_in_holds() {
    let helm = "helm upgrade --install external-dns external-dns/external-dns --set provider.name=aws --set policy=sync --set txtOwnerId=me";
    let block = |inner: &str| {
        format!(
            "resource \"null_resource\" \"dns\" {{\n  provisioner \"local-exec\" {{\n    {inner}\n  }}\n}}\n"
        )
    };
    for inner in [format!("command = \"{helm}\""), format!("inline = [\"date\", \"{helm}\"]")] {
        let made = held(&block(&inner));
        assert_eq!(made.values["txtOwnerId"], "me", "{made}");
    }
    let within = convert(&block(&format!("command = \"cd x && {helm}\""))).unwrap_err();
    assert!(within.contains("give the line of helm by itself"), "{within}");
    let other = convert(&block("command = \"helm upgrade --install web web/web\"")).unwrap_err();
    assert!(other.contains("no installation of ExternalDNS is in it"), "{other}");
}

#[test]
fn a_container_that_is_made_and_started_later_is_read_as_one_that_is_run() {
    for engine in ["docker", "podman", "docker container", "sudo podman"] {
        taken(&format!("{engine} create --name dns -e {VARIABLE}=a=b {IMAGE} {WORDS}\n"));
    }
    let made = made(&format!("docker create --env-file x {IMAGE} {WORDS}\ndocker start dns\n"));
    assert_eq!(made.heaviest(), Some(Weight::Refused), "{made}");
}

#[test]
fn what_ssh_starts_has_variables_of_the_other_machine() {
    for line in [
        format!("ssh host external-dns {WORDS}"),
        format!("ssh -p 22 -i key me@host nohup external-dns {WORDS}"),
        format!("export {VARIABLE}=a=b\nssh host 'exec external-dns {WORDS}'"),
        format!("ssh -o BatchMode=yes host \"external-dns {WORDS}\""),
    ] {
        told(&line, "ssh");
    }
}

#[test]
fn what_a_provisioner_of_terraform_runs_is_read() {
    let resource = |inner: &str| {
        format!(
            "resource \"null_resource\" \"dns\" {{\n  provisioner \"local-exec\" {{\n{inner}\n  }}\n}}\n"
        )
    };
    for inner in [
        format!("command = \"external-dns {WORDS} --label-filter=a=b\""),
        format!(
            "environment = {{ {VARIABLE} = \"a=b\" }}\ncommand = <<-EOT\n  external-dns {WORDS}\nEOT"
        ),
        format!("inline = [\"export {VARIABLE}=a=b\", \"external-dns {WORDS}\"]"),
    ] {
        let made = made(&resource(&inner));
        assert_eq!(made.values["labelFilter"], "a=b", "{inner}\n{made}");
        assert_eq!(made.values["policy"], "upsert-only", "{inner}\n{made}");
    }
    told(
        &resource(&format!("command = \"external-dns {WORDS} --domain-filter=${{var.domain}}\"")),
        "var.domain",
    );
}

#[test]
fn a_subshell_and_a_pipeline_have_no_say_in_what_comes_after_them() {
    for line in [
        "unset X &",
        "(unset X)",
        "unset X | cat",
        "true && unset X &",
        "unset X && true &",
        "{ unset X; } &",
    ] {
        let line = line.replace('X', VARIABLE);
        let text = format!("export {VARIABLE}=a=b\n{line}\nexec external-dns {WORDS}\n");
        told(&text, VARIABLE);
    }
    let made = made(&format!(
        "export {VARIABLE}=a=b\nunset {VARIABLE}\nsleep 1 &\nexec external-dns {WORDS}\n"
    ));
    assert!(!made.values.contains_key("labelFilter") && made.values["policy"] == "sync", "{made}");
}

#[test]
fn nothing_that_env_splits_is_shown() {
    for text in [
        format!("env -S \"API_TOKEN=hunter2hunter2 X=hunter3hunter3 external-dns {WORDS}\""),
        format!("env -S'X=hunter3hunter3 external-dns {WORDS}'"),
        format!("env --split-string='X=hunter3hunter3 external-dns {WORDS}'"),
        format!("[Service]\nExecStart=/usr/bin/env -S \"X=hunter3hunter3 external-dns {WORDS}\""),
        "--source=service env -S 'X=hunter3hunter3 external-dns'".to_owned(),
        json!({"image": IMAGE, "command": ["env", "-S", format!("X=hunter3hunter3 external-dns {WORDS}")]}).to_string(),
        format!("services: {{dns: {{image: '{IMAGE}', entrypoint: [env, -S, 'X=hunter3hunter3 external-dns'], command: [--source=service]}}}}"),
    ] {
        let told = match convert(&text) {
            Ok(made) => made.to_string(),
            Err(error) => error,
        };
        assert!(!told.contains("hunter"), "{text}\n{told}");
    }
}

#[test]
fn what_terraform_does_beside_a_release_holds() {
    let release = "resource \"helm_release\" \"dns\" {\n  chart = \"external-dns\"\n  values = [yamlencode({ provider = \"aws\", policy = \"sync\", txtOwnerId = \"me\" })]\n}\n";
    for beside in [
        "resource \"null_resource\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"kubectl set env deploy/external-dns A=b\"\n  }\n}\n",
        "resource \"null_resource\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"helm upgrade external-dns --reuse-values --set namespaced=true\"\n  }\n}\n",
        "resource \"kubernetes_env\" \"x\" {\n  container = \"external-dns\"\n}\n",
    ] {
        let made = made(&format!("{release}{beside}"));
        assert_eq!(made.heaviest(), Some(Weight::Refused), "{beside}\n{made}");
        assert_ne!(made.values["policy"], "sync", "{beside}\n{made}");
    }
    let other = "resource \"null_resource\" \"x\" {\n  provisioner \"local-exec\" {\n    command = \"echo done\"\n  }\n}\n";
    assert_eq!(made(&format!("{release}{other}")).values["policy"], "sync");
}
