//! The admin routes and the state file.

use super::*;

#[tokio::test]
async fn the_log_says_who_asked_what_and_how_it_ended() {
    let world = World::new().await;
    world.change("CREATE", "a.example.com").await;
    world.change("CREATE", "a.example.com").await;
    world.get("hostedzone/Z1/rrset?maxitems=1").await;
    let (_, log) = world.admin(Method::GET, "calls", Value::Null).await;
    assert_eq!(
        log["counts"]["ChangeResourceRecordSets"],
        json!({"ok": 1, "InvalidChangeBatch": 1})
    );
    let first = &log["calls"][0];
    assert_eq!(first["operation"], "ChangeResourceRecordSets");
    assert_eq!(
        (first["zone"].as_str(), first["access_key"].as_str()),
        (Some("Z1"), Some("AKIDEXAMPLE"))
    );
    assert_eq!(first["changes"][0]["ResourceRecordSet"]["Name"], "a.example.com");
    assert_eq!(log["calls"][2]["query"]["maxitems"], "1");
    let (_, lists) =
        world.admin(Method::GET, "calls?operation=ListResourceRecordSets", Value::Null).await;
    assert_eq!(lists["calls"].as_array().unwrap().len(), 1);
    assert_eq!(world.emulator.call_count(Operation::ChangeResourceRecordSets), 2);
    world.admin(Method::DELETE, "calls", Value::Null).await;
    assert!(world.emulator.calls().is_empty());
}

#[tokio::test]
async fn a_snapshot_restores_everything_in_another_emulator() {
    let world = World::new().await;
    world.admin(Method::POST, "health-checks", json!({"id": "check"})).await;
    world.seed(vec![
        a("target.example.com"),
        ResourceRecordSet::alias("a.example.com", "A", "Z1", "target.example.com"),
        ResourceRecordSet { health_check_id: Some("check".to_owned()), ..a("h.example.com") },
    ]);
    world.emulator.tag_zone("Z1", "team", "dns");
    let (_, state) = world.admin(Method::GET, "state", Value::Null).await;
    let other = World::new().await;
    let (status, _) = other.admin(Method::PUT, "state", state).await;
    assert_eq!(status, 200);
    assert_eq!(other.emulator.snapshot(), world.emulator.snapshot());
    let (status, error) = other
        .admin(Method::PUT, "state", json!({"HostedZones": [{"Id": "Z", "Name": "a..b"}]}))
        .await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("zone `a..b` has no valid name"), "{error}");
}

#[tokio::test]
async fn an_unknown_admin_route_lists_the_routes() {
    let world = World::new().await;
    let (status, error) = world.admin(Method::GET, "nothing", Value::Null).await;
    assert_eq!(status, 404);
    assert!(error["error"].as_str().unwrap().contains("GET calls"), "{error}");
}

#[tokio::test]
async fn the_state_file_is_written_at_every_change_and_read_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let options = || Options { state_file: Some(path.clone()), ..Options::default() };
    let before = {
        let world = World::with(options()).await;
        world.change("CREATE", "a.example.com").await;
        world.emulator.snapshot()
    };
    let world = World::with(options()).await;
    assert_eq!(world.emulator.snapshot().hosted_zones, before.hosted_zones);
    assert_eq!(world.change("CREATE", "a.example.com").await.code(), "InvalidChangeBatch");
}

#[tokio::test]
async fn a_state_file_that_is_none_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "mine").unwrap();
    let options = Options { state_file: Some(path.clone()), ..Options::default() };
    let error = Emulator::start(options).await.unwrap_err().to_string();
    assert!(error.contains("is not a snapshot of the emulator"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[tokio::test]
async fn zones_are_seeded_beyond_the_quotas_of_a_request_but_not_beyond_the_rules() {
    let world = World::new().await;
    let records: Vec<_> = (0..3000)
        .map(|n| json!({"Name": format!("h{n}.example.net"), "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}))
        .collect();
    let body = json!({"name": "example.net", "id": "ZNET", "records": records});
    let (status, reply) = world.admin(Method::POST, "zones", body).await;
    assert_eq!((status.as_u16(), reply), (200, json!({"id": "ZNET"})));
    let (_, zones) = world.admin(Method::GET, "zones", Value::Null).await;
    assert_eq!(
        zones["zones"][1],
        json!({"id": "ZNET", "name": "example.net.", "private": false, "records": 3002})
    );
    let bad = json!({"name": "example.net", "records": [{"Name": "x.example.org", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}]});
    let (status, error) = world.admin(Method::POST, "zones", bad).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("is not permitted in zone"), "{error}");
}

#[tokio::test]
async fn a_reset_empties_zones_and_keeps_their_ids() {
    let world = World::with(faults(&["slow=1ms"])).await;
    world.seed(vec![a("a.example.com")]);
    world.change("CREATE", "b.example.com").await;
    world.admin(Method::POST, "reset", Value::Null).await;
    assert_eq!(world.emulator.record_sets("Z1").len(), 2);
    assert!(world.emulator.calls().is_empty());
    let (_, faults) = world.admin(Method::GET, "faults", Value::Null).await;
    assert_eq!(faults, json!({"faults": []}));
}
