//! Zones that cannot be used while others can.

use external_dns_webhook::memory::MemoryZones;

use super::*;

fn zones(private_is_unavailable: bool) -> Vec<Zone> {
    let zone = |id: &str, private: bool| Zone {
        id: id.to_owned(),
        name: "example.com".into(),
        private,
        unavailable: (private && private_is_unavailable).then(|| "no answer".to_owned()),
    };
    vec![zone("Z1", false), zone("Z2", true)]
}

#[tokio::test]
async fn the_only_zone_that_holds_something_may_get_out_of_use_and_the_others_go_on() {
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let provider = MemoryZones::new(zones(false));
    let filter = DomainFilter::default();
    let mut reconciler = Reconciler::new(provider, registry, planner, filter, Writing::Yes);
    let mut private = web();
    for endpoint in &mut private.desired.endpoints {
        endpoint.properties.set("zone", "private");
    }
    for _ in 0..2 {
        reconciler.full(&private, 0).await.unwrap();
    }
    reconciler.provider.serve(zones(true));
    reconciler.full(&web(), 0).await.unwrap();
    let held = reconciler.provider.dump();
    let held: Vec<_> =
        held.iter().filter_map(|record| Some(record.zone.as_ref()?.as_str())).collect();
    assert_eq!(held, ["Z1", "Z2"], "what cannot be seen stays, and the rest goes on");
    let seen = reconciler.last_known.read();
    let told: Vec<_> = unusable(&seen.inventory).into_iter().map(|zone| zone.reason).collect();
    assert_eq!(told, ["no answer"]);
}
