//! Throttling and failures on demand.

use super::*;

#[tokio::test]
async fn calls_beyond_the_rate_are_throttled_in_aws_words() {
    let world = World::with(Options { rate: Some(5.0), ..Options::default() }).await;
    let mut throttled = 0;
    for _ in 0..20 {
        let reply = world.get("hostedzonecount").await;
        if reply.status != 200 {
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "Throttling"));
            assert_eq!(reply.text(&["Error", "Message"]), "Rate exceeded");
            throttled += 1;
        }
    }
    assert!(throttled > 0);
    let logged = world.emulator.calls().iter().filter(|call| call.outcome == "Throttling").count();
    assert_eq!(logged, throttled);
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_is_right() {
    let world = World::with(faults(&["slow=120ms:next=1"])).await;
    let started = Instant::now();
    assert_eq!(world.get("hostedzonecount").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn faults_come_and_go_over_the_admin_route() {
    let world = World::new().await;
    let (status, faults) =
        world.admin(Method::POST, "faults", json!({"faults": ["throttle:next=2"]})).await;
    assert_eq!((status.as_u16(), faults), (200, json!({"faults": ["throttle:next=2"]})));
    assert_eq!(world.get("hostedzonecount").await.code(), "Throttling");
    let (_, faults) = world.admin(Method::GET, "faults", Value::Null).await;
    assert_eq!(faults, json!({"faults": ["throttle:next=1"]}));
    world.admin(Method::DELETE, "faults", Value::Null).await;
    assert_eq!(world.get("hostedzonecount").await.status, 200);
    let (status, error) = world.admin(Method::POST, "faults", json!({"faults": ["x"]})).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().contains("`x` is not a fault"), "{error}");
}

#[tokio::test]
async fn a_fault_refuses_one_operation_on_one_zone() {
    let world = World::with(faults(&[
        "access-denied:op=ListResourceRecordSets,zone=Z1",
        "error=503:op=GetHostedZoneCount,next=1",
    ]))
    .await;
    let denied = world.get("hostedzone/Z1/rrset").await;
    assert_eq!((denied.status.as_u16(), denied.code().as_str()), (403, "AccessDenied"));
    assert_eq!(world.get("hostedzone/Z1").await.status, 200);
    let failed = world.get("hostedzonecount").await;
    assert_eq!((failed.status.as_u16(), failed.code().as_str()), (503, "ServiceUnavailable"));
    assert_eq!(failed.text(&["Error", "Type"]), "Receiver");
    assert_eq!(world.get("hostedzonecount").await.status, 200);
}

#[tokio::test]
async fn a_reset_leaves_the_zone_alone_and_a_reset_after_does_not() {
    let world = World::with(faults(&["reset:next=1", "reset-after:next=1"])).await;
    let send = |name: &'static str| {
        let body = change("CREATE", name);
        let world = &world;
        async move { world.try_send(Method::POST, "hostedzone/Z1/rrset/", &body).await }
    };
    assert!(send("a.example.com").await.is_err());
    assert!(send("b.example.com").await.is_err());
    let names: Vec<_> = world.emulator.record_sets("Z1").into_iter().map(|set| set.name).collect();
    assert_eq!(names, ["example.com.", "example.com.", "b.example.com."]);
    let outcomes: Vec<_> = world.emulator.calls().into_iter().map(|call| call.outcome).collect();
    assert_eq!(outcomes, ["reset", "reset-after"]);
}

#[tokio::test]
async fn a_refused_batch_can_be_refused_without_a_name() {
    let world = World::with(faults(&["unnamed:next=2"])).await;
    assert_eq!(world.change("CREATE", "a.example.com").await.status, 200, "only refusals differ");
    let message = async || {
        let refused = world.change("CREATE", "a.example.com").await;
        assert_eq!(refused.code(), "InvalidChangeBatch");
        refused.text(&["Error", "Message"])
    };
    let (first, second) = (message().await, message().await);
    assert!(!first.contains("a.example.com"), "{first}");
    assert!(second.contains("a.example.com"), "{second}");
}

#[tokio::test]
async fn a_change_whose_caller_gave_up_waiting_is_made() {
    let world = World::with(faults(&["slow=60s"])).await;
    let url = format!("{}/2013-04-01/hostedzone/Z1/rrset/", world.emulator.endpoint_url());
    let request = world.client.post(url).header("authorization", AUTHORIZATION);
    let sent = request
        .body(change("CREATE", "a.example.com"))
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert!(sent.unwrap_err().is_timeout());
    assert_eq!(world.emulator.record_sets("Z1").len(), 3);
    assert_eq!(world.emulator.calls()[0].outcome, "ok");
}

#[tokio::test]
async fn a_deleted_key_and_an_ended_session_are_told_apart() {
    for (fault, code) in
        [("invalid-token", "InvalidClientTokenId"), ("expired-token", "ExpiredToken")]
    {
        let world = World::with(faults(&[fault])).await;
        let refused = world.get("hostedzonecount").await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, code));
    }
}
