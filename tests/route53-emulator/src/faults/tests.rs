//! How faults are written, and which calls they strike.

use super::*;

const LIST: Selection<'_> =
    Selection { operation: Operation::ListHostedZones, zone: None, access_key: "key" };
const CHANGE: Selection<'_> = Selection {
    operation: Operation::ChangeResourceRecordSets,
    zone: Some("Z1"),
    access_key: "key",
};

fn faults(texts: &[&str]) -> Faults {
    Faults::new(texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn strikes(faults: &mut Faults, call: Selection<'_>, calls: usize) -> Vec<bool> {
    (0..calls).map(|_| faults.strike(call).failure.is_some()).collect()
}

#[test]
fn every_fault_reads_back_as_it_is_written() {
    for text in [
        "throttle",
        "prior-request:next=2",
        "access-denied:op=ListResourceRecordSets,zone=Z1,key=AK",
        "invalid-token:key=AK",
        "expired-token:next=1",
        "error=503:every=4",
        "slow=250ms",
        "reset:p=0.5,seed=7",
        "reset-after",
        "unnamed:zone=Z1",
        "late=1500ms:op=ChangeResourceRecordSets",
        "twice:next=1",
        "cut:op=ListHostedZones",
        "null",
        "no-such-zone:zone=Z1",
        "bare",
        "page=403:next=1",
    ] {
        assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
    }
    assert_eq!("slow=1.5s".parse::<Fault>().unwrap().to_string(), "slow=1500ms");
}

#[test]
fn a_bad_fault_says_what_is_wrong() {
    for (text, reason) in [
        ("broken", "`broken` is not a kind"),
        ("error=404", "`404` is not a status from 500 to 599"),
        ("page=200", "`200` is not a status from 400 to 599"),
        ("slow=2m", "`2m` is not a time like 250ms or 2s"),
        ("reset:op=Nothing", "`Nothing` is not an operation of the emulator"),
        ("reset:p=2", "`2` is not a fraction from 0 to 1"),
        ("reset:every=0", "`every` counts from 1"),
        ("reset:sometimes", "`sometimes` has no value"),
    ] {
        let error = text.parse::<Fault>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_fault_for_the_next_calls_ends_after_them() {
    let mut faults = faults(&["throttle:next=2"]);
    assert_eq!(strikes(&mut faults, LIST, 4), [true, true, false, false]);
    assert_eq!(faults.in_force(), []);
}

#[test]
fn a_fault_for_every_third_call_strikes_the_third() {
    let mut faults = faults(&["error=500:every=3"]);
    assert_eq!(strikes(&mut faults, LIST, 6), [false, false, true, false, false, true]);
}

#[test]
fn a_fault_with_a_probability_strikes_about_that_often_and_the_same_calls_each_time() {
    let run = |text| strikes(&mut faults(&[text]), LIST, 1000);
    let first = run("reset:p=0.3,seed=1");
    let count = first.iter().filter(|struck| **struck).count();
    assert!((230..370).contains(&count), "{count} of 1000");
    assert_eq!(first, run("reset:p=0.3,seed=1"));
    assert_ne!(first, run("reset:p=0.3,seed=2"));
}

#[test]
fn a_fault_strikes_only_what_it_selects() {
    let mut faults = faults(&["access-denied:op=ChangeResourceRecordSets,zone=Z1"]);
    assert_eq!(faults.strike(LIST), Effect::default());
    assert_eq!(faults.strike(Selection { zone: Some("Z2"), ..CHANGE }), Effect::default());
    let Some(Failure::Answer(error)) = faults.strike(CHANGE).failure else { panic!() };
    assert_eq!(error.code, "AccessDenied");
    assert!(error.message.contains("route53:ChangeResourceRecordSets"), "{error}");
    assert!(error.message.ends_with("arn:aws:route53:::hostedzone/Z1"), "{error}");
}

#[test]
fn slow_adds_up_and_the_first_failure_wins() {
    let mut faults = faults(&["slow=1s", "slow=500ms", "reset-after", "throttle"]);
    let effect = faults.strike(CHANGE);
    assert_eq!(effect.delay, Duration::from_millis(1500));
    assert_eq!(effect.failure, Some(Failure::ResetAfter));
}
