//! A thousand zones in twenty accounts: a call for each page there is, none for a zone in which nothing happens,
//! and none that waits for another account or zone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::Provider as _;
use route53_emulator::{Emulator, Fault, FaultKind, Operation};

use crate::harness::{World, a, account, config, create, emulator, owned, until};

const ACCOUNTS: usize = 20;
const ZONES: usize = 50;

/// The Route 53 of each account, and a provider that serves them all.
struct Many {
    world: World,
    /// Of all accounts but the first.
    others: Vec<Emulator>,
}

impl Many {
    async fn new() -> Self {
        let mut emulators = Vec::new();
        for account in 0..ACCOUNTS {
            let zones: Vec<_> = (0..ZONES)
                .map(|zone| format!("z{zone}.a{account}.example=Z{account}X{zone}"))
                .collect();
            let zones: Vec<_> = zones.iter().map(String::as_str).collect();
            emulators.push(emulator(&zones).await);
        }
        let accounts = emulators.iter().enumerate();
        let accounts = accounts
            .map(|(number, emulator)| {
                account(&emulator.endpoint_url(), &format!("key-{number}"), 0.0)
            })
            .collect();
        let first = emulators.remove(0);
        Self { world: World::of(first, config(), accounts, BTreeMap::new()), others: emulators }
    }

    fn emulators(&self) -> impl Iterator<Item = &Emulator> {
        std::iter::once(&self.world.emulator).chain(&self.others)
    }

    /// Returns how many calls each account has had since this was last asked.
    fn take_calls(&self) -> Vec<usize> {
        let take = |emulator: &Emulator| {
            let calls = emulator.calls().len();
            emulator.clear_calls();
            calls
        };
        self.emulators().map(take).collect()
    }
}

#[tokio::test]
async fn a_call_is_made_for_what_there_is_and_none_for_a_zone_in_which_nothing_happens() {
    let many = Many::new().await;
    many.world.records().await;
    for emulator in many.emulators() {
        assert_eq!(emulator.call_count(Operation::ListHostedZones), 1);
        assert_eq!(emulator.call_count(Operation::ListResourceRecordSets), ZONES as u64);
    }
    many.take_calls();
    many.world.records().await;
    many.world.provider.zones().await.unwrap();
    assert_eq!(many.take_calls(), [0; ACCOUNTS]);
    many.world.write(owned([a("www.z3.a7.example", "192.0.2.1")])).await;
    many.world.records().await;
    let mut expected = [0; ACCOUNTS];
    expected[7] = 1;
    assert_eq!(many.take_calls(), expected);
}

#[tokio::test]
async fn a_zone_that_answers_late_delays_no_other() {
    let many = Many::new().await;
    many.world.records().await;
    let mut slow = Fault::new(FaultKind::Slow(Duration::from_secs(20)));
    slow.zone = Some("Z0X3".to_owned());
    slow.operation = Some(Operation::ChangeResourceRecordSets);
    many.world.emulator.set_faults(vec![slow]);
    let names = ["www.z3.a0.example", "www.z4.a0.example", "www.z3.a7.example"];
    let provider = Arc::clone(&many.world.provider);
    let mut tasks = tokio::task::JoinSet::new();
    tasks
        .spawn(async move { provider.apply(create(names.map(|name| a(name, "192.0.2.1")))).await });
    let has = |emulator: &Emulator, zone: &str| {
        emulator.record_sets(zone).iter().any(|set| set.r#type == "A")
    };
    let others = async || has(&many.world.emulator, "Z0X4") && has(&many.others[6], "Z7X3");
    until("what is beside the slow zone", others).await;
    assert!(tasks.try_join_next().is_none(), "the slow zone has not answered");
    // What comes meanwhile waits neither.
    many.world.write(create([a("api.z4.a0.example", "192.0.2.1")])).await;
}
