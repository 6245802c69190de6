//! Chooses what happens in an episode: directed kinds that try what has gone wrong before, and chance.

use std::fmt;

use super::calls::{Call, Service};
use super::dice::Dice;
use super::layout::Layout;
use super::model::Key;
use super::rules::{Act, Loss, Rule};
use super::steps::{Hand, ProgramKind, Step};

mod objects;
mod trouble;

use self::objects as make;

/// A kind of episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plot {
    /// Anything, in any order.
    Chance,
    /// An object changes while the answer to a write of its status is on its way.
    LateStatus,
    /// A write is carried out, nobody says so, and the zone cannot be read for a while.
    UnclearWrite,
    /// A foreign record set is in the way of one of several that come together.
    Blamed,
    /// One zone does not take writes while the others do.
    OneZoneFails,
    /// A service is away while objects and zones change.
    Outage,
    /// A program is killed, paused or ended while it writes.
    Interrupted,
}

impl Plot {
    /// All of them, with their weights.
    const ALL: [(u32, Self); 7] = [
        (40, Self::Chance),
        (12, Self::LateStatus),
        (10, Self::UnclearWrite),
        (10, Self::Blamed),
        (10, Self::OneZoneFails),
        (8, Self::Outage),
        (10, Self::Interrupted),
    ];

    /// Returns the plot of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().map(|(_, plot)| plot).find(|plot| plot.to_string() == name)
    }
}

impl fmt::Display for Plot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chance => "chance",
            Self::LateStatus => "late-status",
            Self::UnclearWrite => "unclear-write",
            Self::Blamed => "blamed",
            Self::OneZoneFails => "one-zone-fails",
            Self::Outage => "outage",
            Self::Interrupted => "interrupted",
        })
    }
}

/// Returns what happens in an episode; the same for the same seed, world and number.
pub(crate) fn episode(
    seed: u64,
    world: u64,
    number: u64,
    layout: &Layout,
    only: &[Plot],
) -> (Plot, Vec<Step>) {
    let mut dice = Dice::of(&[seed, world, number]);
    let drawn = dice.weighted(&Plot::ALL);
    let plot = dice.choose(only).copied().unwrap_or(drawn);
    let dice = &mut dice;
    let steps = match plot {
        Plot::Chance => chance(dice, layout),
        Plot::LateStatus => late_status(dice),
        Plot::UnclearWrite => unclear_write(dice),
        Plot::Blamed => blamed(dice, layout),
        Plot::OneZoneFails => one_zone_fails(dice, layout),
        Plot::Outage => outage(dice, layout),
        Plot::Interrupted => interrupted(dice, layout),
    };
    (plot, steps)
}

fn chance(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    let count = dice.between(2, 9);
    (0..count).flat_map(|_| one_of_all(dice, layout)).collect()
}

fn one_of_all(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    match dice.below(100) {
        0..40 => vec![Step::Put(make::object(dice))],
        40..52 => vec![make::deletion(dice)],
        52..64 => vec![trouble::by_hand(dice, layout)],
        64..80 => {
            let (service, rule) = trouble::rule(dice);
            vec![Step::Break(service, rule)]
        }
        80..90 => vec![Step::Sleep(dice.between(1, 400))],
        90..92 => vec![Step::DropWatches],
        92..93 => vec![Step::Compact],
        _ => {
            let program = dice.pick(&[ProgramKind::Controller, ProgramKind::Sidecar]);
            interruption(dice, program)
        }
    }
}

fn late_status(dice: &mut Dice) -> Vec<Step> {
    let act = match dice.below(3) {
        0 => Act::Delay(dice.between(1, 60)),
        _ => Act::AnswerLater(dice.between(1, 60)),
    };
    let rule = Rule { times: dice.between(1, 6), ..Rule::next(Call::WriteStatus, 1, act) };
    let name = make::endpoint_name(dice);
    let mut steps = vec![
        Step::Break(Service::Kubernetes, rule),
        Step::Put(make::endpoint(dice, &name)),
        Step::Await(Service::Kubernetes, Call::WriteStatus),
    ];
    if dice.percent(50) {
        steps.push(Step::Sleep(dice.between(1, 8)));
    }
    steps.push(if dice.percent(60) {
        Step::Delete(super::model::Kind::Endpoint, name)
    } else {
        Step::Put(make::endpoint(dice, &name))
    });
    steps
}

/// Two objects change places, so that the zone holds as many record sets after as before.
fn unclear_write(dice: &mut Dice) -> Vec<Step> {
    let old = make::swapped(dice, "old");
    let new = make::swapped(dice, "new");
    let unclear = match dice.below(4) {
        0 | 1 => Act::Twice,
        2 => Act::Lose(Loss::Status(503)),
        _ => Act::Lose(Loss::Close),
    };
    let blind = Rule::next(Call::ListRecordSets, dice.between(1, 6), Act::Answer(503, None));
    let mut steps = vec![
        Step::Put(old.clone()),
        Step::Await(Service::Route53, Call::Change),
        Step::Sleep(dice.between(100, 400)),
        Step::Break(Service::Route53, Rule::next(Call::Change, 1, unclear)),
        Step::Break(Service::Route53, blind),
        Step::Put(new),
        Step::Await(Service::Route53, Call::Change),
        Step::Sleep(dice.between(200, 1500)),
        Step::Repair(Service::Route53),
    ];
    if dice.percent(60) {
        steps.push(Step::Sleep(dice.between(100, 800)));
        steps.push(Step::Put(old));
    }
    steps
}

fn blamed(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    let zone = make::zone(dice, layout);
    let deep = make::fresh_name(dice, zone.name);
    let in_the_way = trouble::in_the_way(dice, &deep);
    vec![
        Step::Sleep(dice.between(0, 300)),
        Step::ByHand(zone.id, Hand::Make(Box::new(in_the_way))),
        Step::Put(make::with_apex(dice, zone.name, &deep)),
        Step::Await(Service::Route53, Call::Change),
        Step::Sleep(dice.between(100, 600)),
    ]
}

fn one_zone_fails(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    let zone = make::zone(dice, layout);
    let act = match dice.below(4) {
        0..2 => Act::Answer(503, None),
        2 => Act::Reset,
        _ => Act::Lose(Loss::Status(503)),
    };
    let rule = Rule { within: format!("/{}/", zone.id), ..Rule::next(Call::Change, 1, act) };
    let rule = Rule { times: dice.between(1, 6), ..rule };
    let mut steps = vec![Step::Break(Service::Route53, rule)];
    for _ in 0..dice.between(1, 3) {
        steps.push(if dice.percent(75) {
            Step::Put(make::object(dice))
        } else {
            make::deletion(dice)
        });
        if dice.percent(40) {
            steps.push(Step::Sleep(dice.between(50, 600)));
        }
    }
    steps.push(Step::Await(Service::Route53, Call::Change));
    // The sidecar tries once more by itself.
    steps.push(Step::Sleep(dice.between(100, 1500)));
    steps
}

fn outage(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    let service = dice.pick(&Service::ALL);
    let mut steps = vec![match dice.below(5) {
        0 | 1 => Step::Away(service),
        2 => Step::Break(service, Rule::every(Act::Answer(503, None))),
        3 => Step::Break(service, Rule::every(Act::Hang)),
        _ => Step::Break(service, Rule::every(Act::Nonsense(dice.below(7)))),
    }];
    if service == Service::Kubernetes && dice.percent(70) {
        steps.push(Step::DropWatches);
    }
    for _ in 0..dice.between(2, 5) {
        steps.push(match dice.below(10) {
            0..5 => Step::Put(make::object(dice)),
            5..7 => make::deletion(dice),
            _ => trouble::by_hand(dice, layout),
        });
        steps.push(Step::Sleep(dice.between(1, 600)));
    }
    if service == Service::Kubernetes && dice.percent(40) {
        steps.push(Step::Compact);
    }
    steps.push(Step::Repair(service));
    steps
}

fn interrupted(dice: &mut Dice, layout: &Layout) -> Vec<Step> {
    let slow = if dice.percent(70) { Act::AnswerLater(dice.between(50, 400)) } else { Act::Hang };
    let slow = Rule::next(Call::Change, 3, slow);
    let mut steps = vec![Step::Break(Service::Route53, slow)];
    for _ in 0..dice.between(1, 3) {
        steps.push(Step::Put(make::object(dice)));
    }
    let (service, call) = dice.pick(&[
        (Service::Route53, Call::Change),
        (Service::Provider, Call::Apply),
        (Service::Provider, Call::Adjust),
    ]);
    steps.push(Step::Await(service, call));
    steps.push(Step::Sleep(dice.below(60)));
    let program = dice.pick(&[ProgramKind::Controller, ProgramKind::Sidecar]);
    let mut interruption = interruption(dice, program);
    if dice.percent(40) {
        let at = dice.below(u32::try_from(interruption.len()).unwrap_or(0)) as usize + 1;
        let meanwhile = match dice.below(3) {
            0 => make::deletion(dice),
            1 => trouble::by_hand(dice, layout),
            _ => Step::Put(make::object(dice)),
        };
        interruption.insert(at, meanwhile);
    }
    steps.append(&mut interruption);
    steps
}

fn interruption(dice: &mut Dice, program: ProgramKind) -> Vec<Step> {
    let pause = Step::Sleep(dice.between(1, 700));
    match dice.below(5) {
        0 | 1 => vec![Step::Kill(program), pause, Step::Start(program)],
        2 => vec![Step::Terminate(program), Step::Start(program)],
        _ => vec![Step::Pause(program), pause, Step::Continue(program)],
    }
}

/// Returns the key of the ownership record of a simple record set, where it usually stands.
pub(crate) fn usual_place(key: &Key, prefix: &str) -> String {
    format!("{prefix}{}-{}", key.record_type.to_lowercase(), key.name)
}

#[cfg(test)]
mod tests;
