//! What episodes are like, over many of them.

use super::*;

fn layout() -> Layout {
    Layout::of(1, 2, None)
}

#[test]
fn an_episode_is_the_same_for_the_same_seed_and_another_for_another() {
    let of = |seed| episode(seed, 2, 3, &layout(), &[]);
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn every_plot_comes_often_enough_and_can_be_asked_for_by_name() {
    let drawn: Vec<_> = (0..400).map(|number| episode(1, 2, number, &layout(), &[]).0).collect();
    for (_, plot) in Plot::ALL {
        let count = drawn.iter().filter(|other| **other == plot).count();
        assert!(count >= 12, "{plot}: {count}");
        assert_eq!(Plot::named(&plot.to_string()), Some(plot));
        assert_eq!(episode(1, 2, 3, &layout(), &[plot]).0, plot);
    }
    assert_eq!(Plot::named("nothing"), None);
}

#[test]
fn no_object_wants_a_record_set_twice() {
    for number in 0..400 {
        for step in episode(1, 2, number, &layout(), &[]).1 {
            let Step::Put(object) = step else { continue };
            for (at, want) in object.wants.iter().enumerate() {
                let others = object.wants.iter().skip(at + 1);
                assert!(!others.clone().any(|other| other.key.excludes(&want.key)), "{object}");
            }
        }
    }
}
