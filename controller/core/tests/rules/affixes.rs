//! What is written with a prefix, a suffix or a replacement for wildcards is found again, or the flag
//! is refused at the start.

use controller_core::registry::{ConfigError, TxtOptions, TxtRegistry};
use external_dns_webhook::DnsName;
use proptest::prelude::*;

use crate::laws::config;
use crate::ownership::{encrypted, with_prefix, with_suffix};
use crate::world::{World, desired, options, planner, record};

fn with_wildcard(replacement: &str) -> TxtOptions {
    TxtOptions { wildcard_replacement: replacement.into(), ..options() }
}

fn error(options: TxtOptions) -> Option<ConfigError> {
    TxtRegistry::new(options).err()
}

/// Makes a host and a wildcard, and returns what is written afterwards: while they are wanted, and
/// what is left when they are not.
fn life(options: &TxtOptions) -> (bool, usize) {
    let mut world = World::default();
    let wanted = desired([record("www", "A", "192.0.2.1"), record("*.w", "A", "192.0.2.1")]);
    world.sync(&planner(), options, &wanted);
    // A zone spells names as DNS does.
    for record in &mut world.records {
        record.dns_name = DnsName::from(record.dns_name.canonical().clone());
    }
    let (_, again) = world.sync(&planner(), options, &wanted);
    world.sync(&planner(), options, &desired([]));
    (again.is_empty(), world.records.len())
}

#[test]
fn what_stands_for_a_wildcard_may_have_dots() {
    for replacement in ["wild.card", "a.b.c", "any"] {
        assert_eq!(life(&with_wildcard(replacement)), (true, 0), "{replacement}");
    }
}

#[test]
fn a_replacement_that_is_lost_or_changed_for_a_day_costs_no_wildcard_its_owner() {
    for replacement in ["wild.card", "any"] {
        let mut world = World::default();
        let wanted = desired([record("*.w", "A", "192.0.2.1")]);
        world.sync(&planner(), &with_wildcard(replacement), &wanted);
        let before = world.clone();
        for other in [options(), with_wildcard("else"), with_wildcard("wild")] {
            let (plan, _) = world.sync(&planner(), &other, &wanted);
            assert!(plan.is_empty() && world == before, "{replacement}, then {other:?}: {plan}");
        }
    }
}

#[test]
fn an_affix_that_dns_spells_otherwise_is_refused_at_the_start() {
    for affix in ["ü.", "ü", "ß.", "own。", "-ü", "a b"] {
        let refused = |error| match error {
            Some(ConfigError::BadAffix { flag, affix: told }) => (flag, told == affix),
            other => panic!("{affix}: {other:?}"),
        };
        assert_eq!(refused(error(with_prefix(affix))), ("--txt-prefix", true));
        assert_eq!(refused(error(with_suffix(affix))), ("--txt-suffix", true));
        assert_eq!(refused(error(with_wildcard(affix))), ("--txt-wildcard-replacement", true));
    }
}

#[test]
fn an_owner_that_a_name_server_spells_otherwise_is_refused_unless_it_is_encrypted() {
    for owner in ["zürich", "prod–eu"] {
        let plain = TxtOptions { owner: owner.into(), ..options() };
        assert_eq!(error(plain), Some(ConfigError::NotAscii(owner.into())));
        assert_eq!(error(TxtOptions { owner: owner.into(), ..encrypted() }), None);
        let instance = TxtOptions { instance: Some(owner.into()), ..options() };
        assert_eq!(error(instance), Some(ConfigError::NotAscii(owner.into())));
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_any_affix_writes_is_found_again(
        affix in "([a-cA-C0_.-]|ü|ß|。|%\\{record_type\\}){0,5}", place in 0..3,
    ) {
        let options = match place {
            0 => with_prefix(&affix),
            1 => with_suffix(&affix),
            _ => with_wildcard(&affix),
        };
        if error(options.clone()).is_none() {
            prop_assert_eq!(life(&options), (true, 0));
        }
    }
}
