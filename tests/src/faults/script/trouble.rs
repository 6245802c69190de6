//! Chooses what goes wrong on the way to services, and what people do to zones by hand.

use route53_emulator::ResourceRecordSet;

use super::objects::{self, SHARED, WEIGHTED};
use super::usual_place;
use crate::faults::calls::{Call, Service};
use crate::faults::dice::Dice;
use crate::faults::layout::Layout;
use crate::faults::model::Key;
use crate::faults::rules::{Act, Loss, Rule};
use crate::faults::steps::{Hand, Step};

/// What services say about when to come again.
const RETRY_AFTER: [(u32, Option<&str>); 8] = [
    (12, None),
    (3, Some("0")),
    (3, Some("1")),
    (2, Some("soon")),
    (2, Some("-5")),
    (2, Some("Wed, 21 Oct 2015 07:28:00 GMT")),
    (1, Some("86400")),
    (1, Some("18446744073709551615")),
];

/// Returns something that goes wrong for a while on the way to a service.
pub(super) fn rule(dice: &mut Dice) -> (Service, Rule) {
    let service = dice.pick(&Service::ALL);
    let call = dice.pick(&service.calls());
    let times = dice.between(1, 4);
    let mut rule = Rule::next(call, times, act(dice, service, call));
    if dice.percent(20) {
        rule.after = dice.between(1, 3);
    }
    (service, rule)
}

fn act(dice: &mut Dice, service: Service, call: Call) -> Act {
    let milliseconds = dice.between(5, 700);
    let part = dice.below(1000);
    let retry_after = match service {
        // What Route 53 answers has no such header.
        Service::Route53 => None,
        Service::Kubernetes | Service::Provider => dice.weighted(&RETRY_AFTER),
    };
    let refusal = Act::Answer(dice.pick(&[503, 503, 429, 500, 502]), retry_after);
    let anywhere = [
        (3, Act::Delay(milliseconds)),
        (2, Act::Hang),
        (2, Act::Reset),
        (3, Act::CutTransfer(part)),
        (4, refusal),
        (2, Act::Nonsense(dice.below(7))),
    ];
    let loss = dice.pick(&[Loss::Close, Loss::Reset, Loss::Status(503), Loss::Status(500)]);
    let whole = [
        (3, Act::AnswerLater(milliseconds)),
        (2, Act::ShortBody(part)),
        (4, Act::Twice),
        (4, Act::Lose(loss)),
        (1, Act::Late(milliseconds)),
    ];
    // A watch has no end that could be waited for.
    if call == Call::WatchObjects || dice.percent(50) {
        dice.weighted(&anywhere)
    } else {
        dice.weighted(&whole)
    }
}

/// Returns something that a user does to a zone by hand.
pub(super) fn by_hand(dice: &mut Dice, layout: &Layout) -> Step {
    let zone = objects::zone(dice, layout);
    let name = a_name(dice);
    let key = Key::simple(&name, dice.pick(&["A", "A", "AAAA", "CNAME", "MX", "TXT"]));
    let address = format!("198.51.100.{}", dice.between(1, 250));
    let hand = match dice.below(10) {
        0..3 => Hand::Make(Box::new(theirs(dice, &key, layout.txt_prefix))),
        3 => Hand::Change(key, address),
        4..7 => Hand::Remove(key),
        7 | 8 => Hand::EditOurs(Key { record_type: "A".to_owned(), ..key }, address),
        _ => Hand::RemoveOurs(Key { record_type: "A".to_owned(), ..key }),
    };
    Step::ByHand(zone.id, hand)
}

/// Returns a record set that keeps an address from being made at a name.
pub(super) fn in_the_way(dice: &mut Dice, name: &str) -> ResourceRecordSet {
    if dice.percent(70) {
        ResourceRecordSet::new(&format!("{name}."), "CNAME", 60, &["x.test."])
    } else {
        ResourceRecordSet::new(&format!("{name}."), "A", 60, &["198.51.100.7"])
    }
}

/// Returns a record set that another owner might have: at a name that we may want, too, or where
/// our ownership record would stand.
fn theirs(dice: &mut Dice, key: &Key, prefix: &str) -> ResourceRecordSet {
    let ttl = dice.pick(&[5, 77, 300]);
    let name = format!("{}.", key.name);
    let set = |name: &str, record_type: &str, value: &str| {
        ResourceRecordSet::new(name, record_type, ttl, &[value])
    };
    let ours = Key { record_type: "A".to_owned(), ..key.clone() };
    let place = format!("{}.", usual_place(&ours, prefix));
    match dice.below(12) {
        0 => set(&place, "TXT", "\"hello\""),
        1 => set(
            &place,
            "TXT",
            "\"heritage=external-dns,external-dns/owner=another,external-dns/resource=service/x/y\"",
        ),
        _ => match key.record_type.as_str() {
            "AAAA" => set(&name, "AAAA", "2001:db8:f::1"),
            "CNAME" => set(&name, "CNAME", "x.test."),
            "MX" => set(&name, "MX", "10 mail.test."),
            "TXT" => set(&name, "TXT", "\"v=spf1 -all\""),
            _ => set(&name, "A", "198.51.100.1"),
        },
    }
}

fn a_name(dice: &mut Dice) -> String {
    match dice.below(10) {
        0..6 => dice.pick(&SHARED).to_owned(),
        6..8 => objects::own_name(&objects::endpoint_name(dice)),
        8 => dice.pick(&WEIGHTED).to_owned(),
        _ => format!("deep{}.example.com", dice.below(40)),
    }
}
