//! Feature 7: going back before a write, to the byte.

use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use route53_emulator::{Change, ResourceRecordSet};

use crate::objects::{GA, annotated, ingress, service, wanting};
use crate::records::{a, ownership_record};
use crate::scenario::{PUBLIC, Scenario, Setup};

const ELB1: &str = "k8s-1.eu-west-1.elb.amazonaws.com";
const ELB2: &str = "k8s-2.eu-west-1.elb.amazonaws.com";

fn rollback(world: &Scenario, state: &str, arguments: &[&str]) -> Ended {
    Program::new(SIGNPOST)
        .args(["rollback", state, "--txt-owner-id=c1"])
        .args([format!("--webhook-provider-url={}", world.sidecar_url)])
        .args(arguments.iter().copied())
        .run()
        .unwrap()
}

/// Returns the number of the last write in the history.
fn last_write(world: &Scenario, state: &str) -> String {
    let ended = rollback(world, state, &[]);
    assert!(ended.status.success(), "{}", ended.stderr);
    let numbers = ended.stdout.lines().filter_map(|line| line.split_whitespace().next());
    numbers.filter_map(|number| number.parse::<u64>().ok()).max().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_write_is_rolled_back_to_the_byte_but_for_what_others_changed_since() {
    let folder = tempfile::tempdir().unwrap();
    let state = format!("--state-dir={}", folder.path().display());
    let weighted = |weight: &str| {
        let object = wanting(&service("w", "192.0.2.7"), "w.example.com");
        let object = annotated(&object, &format!("{GA}set-identifier"), "c1");
        annotated(&object, &format!("{GA}aws-weight"), weight)
    };
    // An ownership record that ExternalDNS wrote, with a TTL that is not ours.
    let old_ownership_record = ResourceRecordSet {
        ttl: Some(77),
        ..ownership_record("a-goes", "c1", "service/default/goes")
    };
    let mut world = Setup::default()
        .records([a("goes", "192.0.2.1"), old_ownership_record])
        .objects(["goes", "s1", "s2", "s3", "s4"].map(|name| service(name, "192.0.2.1")))
        .objects([ingress("app", ELB1), weighted("10")])
        .flags(&[&state])
        .start()
        .await;
    world.settle().await;
    let before = world.route53.record_sets(PUBLIC);
    assert_eq!(before.len(), 2 + 2 + 8 + 4 + 2, "{:#?}", world.zone());
    drop(world.controller.take());

    // One write does it all: aliases, weights, addresses, a deletion with its ownership record.
    for name in ["s1", "s2", "s3"] {
        world.put(&service(name, "203.0.113.66")).await;
    }
    world.put(&ingress("app", ELB2)).await;
    world.put(&weighted("200")).await;
    world.remove(&service("goes", "192.0.2.1")).await;
    world.written();
    world.start_controller(&[]);
    world.settle().await;
    drop(world.controller.take());
    assert_eq!(world.written().len(), 1);
    assert_ne!(world.route53.record_sets(PUBLIC), before);

    // Since then someone else has changed one of them.
    let set = |address| a("s3", address);
    let change = |action: &str, address| Change {
        action: action.to_owned(),
        resource_record_set: set(address),
    };
    let by_hand = [change("DELETE", "203.0.113.66"), change("CREATE", "198.51.100.3")];
    world.route53.change(PUBLIC, &by_hand).unwrap();

    let number = last_write(&world, &state);
    let shown = rollback(&world, &state, &[&number]);
    assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
    assert!(world.written().is_empty(), "shown and not made");
    assert!(shown.stdout.contains("s3.example.com"), "what is left alone: {}", shown.stdout);
    let made = rollback(&world, &state, &[&number, "--yes"]);
    assert!(made.status.success(), "{}{}", made.stdout, made.stderr);
    let mut expected = before;
    for held in &mut expected {
        if held.name == "s3.example.com." && held.r#type == "A" {
            *held = set("198.51.100.3");
        }
    }
    assert_eq!(world.route53.record_sets(PUBLIC), expected);
}
