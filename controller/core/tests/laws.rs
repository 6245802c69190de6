//! Laws that hold for every plan.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail by panicking")]

use controller_core::desired::{Desired, Scope};
use controller_core::plan::{Brake, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use webhook_api::{Changes, Endpoint, RecordType};

fn apply(zone: &mut Vec<Endpoint>, changes: Changes) {
    for gone in changes.delete.iter().chain(changes.update.iter().map(|it| &it.old)) {
        let at = zone.iter().position(|it| {
            it.key() == gone.key() && it.targets == gone.targets && it.ttl == gone.ttl
        });
        zone.remove(at.unwrap_or_else(|| panic!("{gone:?} is deleted but was never there")));
    }
    for mut new in changes.create.into_iter().chain(changes.update.into_iter().map(|it| it.new)) {
        new.labels = webhook_api::Labels::default();
        assert!(zone.iter().all(|it| it.key() != new.key()), "{new:?} exists already");
        zone.push(new);
    }
}

fn pass(zone: &mut Vec<Endpoint>, desired: Vec<Endpoint>) -> String {
    let registry =
        TxtRegistry::new(TxtOptions { owner: "me".into(), ..TxtOptions::default() }).unwrap();
    let planner = Planner { owner: Some("me".into()), brake: Brake::off(), ..Planner::default() };
    let current = registry.read(zone.clone(), &["example.com".into()]);
    let desired = Desired { endpoints: desired, ..Desired::default() };
    let plan = planner.plan(&current, &desired, &Scope::All);
    let text = plan.to_string();
    apply(zone, registry.write(&current, &plan));
    text
}

#[test]
fn a_name_is_published_changed_and_withdrawn_with_its_claim() {
    let mut zone = vec![];
    let a = |target: &str| {
        let mut a = Endpoint::new("www.example.com", RecordType::A, [target]);
        a.labels.set("resource", "service/default/web");
        a
    };
    println!("{}", pass(&mut zone, vec![a("192.0.2.1")]));
    assert_eq!(zone.len(), 2);
    assert_eq!(zone[1].dns_name.as_str(), "a-www.example.com");
    assert_eq!(pass(&mut zone, vec![a("192.0.2.1")]), "Nothing to do.\n");
    println!("{}", pass(&mut zone, vec![a("192.0.2.2")]));
    assert_eq!(zone.len(), 2);
    println!("{}", pass(&mut zone, vec![]));
    assert!(zone.is_empty());
}
