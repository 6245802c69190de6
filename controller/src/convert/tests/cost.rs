//! What a conversion costs: as many steps for each item as for the first, however many there are.

use std::fmt::Write as _;

use super::*;

/// Returns how many bytes are asked for in all to convert a text.
fn cost(text: &str) -> u64 {
    allocation_counter::measure(|| drop(convert(text))).bytes_total
}

/// Asserts that four times as many items cost about four times as much: what looks at all of them, or copies them, for
/// each costs sixteen times as much.
#[track_caller]
fn grows_with(what: &str, text: impl Fn(usize) -> String) {
    grows_from(400, what, text);
}

#[track_caller]
fn grows_from(first: usize, what: &str, text: impl Fn(usize) -> String) {
    // What is made once for all is made before.
    drop(convert(&text(2)));
    let (few, many) = (cost(&text(first)), cost(&text(first.saturating_mul(4))));
    assert!(many < few.saturating_mul(6), "{what}: {few} bytes, and {many} for four times as many");
}

fn each(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, number| {
        let _ = write!(all, "{}", item(number));
        all
    })
}

const HEAD: &str = "--source=service --provider=aws --policy=sync --txt-owner-id=me";

fn pod(args: &str, env: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: dns}}\nspec:\n  containers:\n  - name: dns\n    image: registry.k8s.io/external-dns/external-dns:v0.15.0\n    args:\n    - --source=service\n    - --provider=aws\n    - --policy=sync\n    - --txt-owner-id=me\n{args}    env:\n    - {{name: X, value: y}}\n{env}"
    )
}

#[test]
fn the_cost_of_words_grows_with_their_number() {
    // Each of these is parsed by itself.
    for flag in ["domain-filter", "namespace", "label-filter", "no-such-flag"] {
        grows_from(20, flag, |count| {
            HEAD.to_owned() + &each(count, |number| format!(" --{flag}=a{number}"))
        });
    }
    grows_from(20, "wrong values", |count| {
        HEAD.to_owned() + &each(count, |number| format!(" --target-net-filter=a{number}"))
    });
    for flag in ["aws-zone-tags", "aws-api-retries"] {
        grows_with(flag, |count| {
            HEAD.to_owned() + &each(count, |number| format!(" --{flag}=a{number}"))
        });
    }
    grows_with("words that are no flags", |count| {
        HEAD.to_owned() + &each(count, |number| format!(" word{number}"))
    });
    grows_with("references", |count| {
        pod(&each(count, |number| format!("    - --domain-filter=$(A{number})\n")), "")
    });
}

#[test]
fn the_cost_of_variables_grows_with_their_number() {
    let env = |item: fn(usize) -> String| move |count: usize| pod("", &each(count, item));
    grows_with("variables", env(|number| format!("    - {{name: A{number}, value: b{number}}}\n")));
    grows_with(
        "variables of AWS",
        env(|number| format!("    - {{name: AWS_A{number}, value: b}}\n")),
    );
    grows_with(
        "secrets",
        env(|number| format!("    - {{name: A{number}_TOKEN, value: hunter{number}hunter}}\n")),
    );
    grows_with(
        "variables that refer to others",
        env(|number| format!("    - {{name: AWS_A{number}, value: $(AWS_A{})x}}\n", number + 1)),
    );
    grows_with(
        "variables of flags",
        env(|number| format!("    - {{name: EXTERNAL_DNS_A{number}, value: b}}\n")),
    );
    grows_with(
        "one variable many times",
        env(|number| format!("    - {{name: A, value: b{number}}}\n")),
    );
    grows_with("exports of a script", |count| {
        let exports = each(count, |number| format!("export A{number}=b\necho external-dns\n"));
        format!("{exports}exec external-dns {HEAD}\n")
    });
    grows_with("what makes variables unknown", |count| {
        let exports = each(count, |number| format!("export A{number}=b\n. ./file{number}\n"));
        format!("{exports}exec external-dns {HEAD}\n")
    });
    grows_with("variables of a unit", |count| {
        let all = each(count, |number| format!("Environment=A{number}=b\n"));
        format!("[Service]\n{all}ExecStart=/usr/bin/external-dns {HEAD}\n")
    });
}

#[test]
fn the_cost_of_documents_containers_and_lists_grows_with_their_number() {
    let deployment = |number: usize| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: dns{number}}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: external-dns, args: [--source=service]}}]}}}}}}\n"
        )
    };
    grows_from(100, "documents", |count| each(count, deployment));
    grows_from(100, "documents of values", |count| {
        each(count, |number| format!("---\n{{txtOwnerId: a{number}, domainFilters: [b.org]}}\n"))
    });
    grows_from(100, "patches", |count| {
        each(count, |number| {
            format!(
                "---\n{{apiVersion: v1, kind: Application, metadata: {{name: a{number}}}, spec: {{x: y}}}}\n"
            )
        })
    });
    grows_from(300, "documents of others", |count| {
        deployment(1)
            + &each(count, |number| {
                format!(
                    "---\napiVersion: v1\nkind: Service\nmetadata: {{name: a{number}}}\nspec: {{ports: [{{port: 80}}]}}\n"
                )
            })
    });
    grows_from(100, "configs of charts", |count| {
        "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: external-dns}\nspec: {chart: external-dns}\n".to_owned()
            + &each(count, |number| format!("---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {{name: external-dns}}\nspec: {{valuesContent: 'extraArgs: {{a{number}: b}}'}}\n"))
    });
    grows_from(100, "containers", |count| {
        "services:\n".to_owned()
            + &each(count, |number| {
                format!("  a{number}: {{image: external-dns, command: [--source=service]}}\n")
            })
    });
    grows_from(100, "starts", |count| {
        each(count, |number| format!("A{number}=b external-dns {HEAD}\n"))
    });
    grows_from(100, "steps", |count| {
        "steps:\n".to_owned()
            + &each(count, |number| {
                format!("- env: {{A{number}: b}}\n  run: external-dns {HEAD}\n")
            })
    });
    grows_from(100, "items", |count| {
        let items = each(count, |number| format!("  - a{number}.org\n"));
        format!("provider: {{name: aws}}\ntxtOwnerId: me\npolicy: sync\ndomainFilters:\n{items}")
    });
    grows_from(100, "keys that are not known", |count| {
        "provider: {name: aws}\ntxtOwnerId: me\n".to_owned()
            + &each(count, |number| format!("unknown{number}: x\n"))
    });
    grows_from(100, "keys that stand twice", |count| {
        "provider: {name: aws}\ntxtOwnerId: me\n".to_owned()
            + &each(count, |number| format!("labels{number}: x\nlabels{number}: y\n"))
    });
    grows_from(100, "name servers", |count| {
        "--source=service --provider=rfc2136 --txt-owner-id=me".to_owned()
            + &each(count, |number| {
                format!(" --rfc2136-host=a{number}.org --rfc2136-zone=b{number}.org")
            })
    });
}

#[test]
fn an_item_that_is_far_behind_the_end_of_a_list_costs_as_much_as_another() {
    let helm = |count: usize| {
        "helm upgrade --install external-dns external-dns/external-dns --set provider.name=aws --set txtOwnerId=me".to_owned()
            + &each(count, |number| format!(" --set a{number}[65535]=x"))
    };
    grows_from(100, "lists by an index", helm);
    assert!(cost(&helm(400)) < 100 << 20);
    let made = convert(&helm(1).replace("a0[65535]", "domainFilters[65535]")).unwrap();
    assert!(made.to_string().contains("domainFilters"), "it is told: {made}");
}

#[test]
fn what_many_references_hold_is_written_out_up_to_an_end() {
    let held = each(100, |number| format!("  A{number}: b\n"));
    let map =
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: dns-env}}\ndata:\n{held}");
    let of = |prefix: fn(usize) -> String| {
        let from = each(300, |number| {
            format!("    - {{{}configMapRef: {{name: dns-env}}}}\n", prefix(number))
        });
        convert(&format!("{}    envFrom:\n{from}{map}", pod("", ""))).unwrap()
    };
    let stays =
        of(|number| format!("prefix: P{number}_, ")).values["envFrom"].as_array().map(Vec::len);
    assert_eq!(stays, Some(200), "the last hundred are written out");
    let made = of(|_| String::new());
    assert_eq!(made.values.get("envFrom"), None, "all but the last of one object give nothing");
}

#[test]
fn texts_that_stand_in_each_other_are_filled_in_up_to_an_end() {
    let doubled = |of: &dyn Fn(usize, usize) -> String| each(60, |number| of(number, number + 1));
    let script = format!(
        "A0=external\n{}exec external-dns {HEAD} --domain-filter=$A60\n",
        doubled(&|one, next| format!("A{next}=$A{one}$A{one}\n"))
    );
    let env = doubled(&|one, next| format!("    - {{name: A{next}, value: $(A{one})$(A{one})}}\n"));
    let of_pod = pod(
        "    - --domain-filter=$(A60)\n",
        &format!("    - {{name: A0, value: external}}\n{env}"),
    );
    let locals = each(14, |number| {
        let many = format!("local.a{number}, ").repeat(9);
        format!("  a{} = [{many}]\n", number + 1)
    });
    let terraform = format!(
        "locals {{\n  a0 = [1]\n{locals}}}\nresource \"helm_release\" \"external_dns\" {{\n  chart = \"external-dns\"\n  values = [yamlencode(local.a14)]\n}}\n"
    );
    for text in [script, of_pod, terraform] {
        assert!(cost(&text) < 2 << 30, "{text}");
    }
}
