//! Chance that is the same for the same seed, on every machine and with every version of a library.

/// A sequence of numbers that a seed decides (`SplitMix64`, as Steele, Lea and Flood published it).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Returns the sequence of these numbers, such as a seed, a world and an episode.
    pub(crate) fn of(numbers: &[u64]) -> Self {
        let mut dice = Self(0);
        for number in numbers {
            dice.0 = dice.next() ^ number;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `limit`; zero when that is zero.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next() % u64::from(limit.max(1))).unwrap_or_default()
    }

    /// Returns a number from `least` to `most`, both included.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Says yes this often in a hundred times.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// Returns one of a few.
    #[expect(clippy::indexing_slicing, reason = "the index is below the length, which is not zero")]
    pub(crate) fn pick<T: Clone, const N: usize>(&mut self, all: &[T; N]) -> T {
        const { assert!(N > 0, "nothing to choose from") };
        let at = self.next() % (N as u64);
        all[usize::try_from(at).unwrap_or_default()].clone()
    }

    /// Returns one of some; `None` when there is none.
    pub(crate) fn choose<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(u32::try_from(all.len()).unwrap_or(u32::MAX)) as usize)
    }

    /// Returns one of a few, each as often as its weight says.
    pub(crate) fn weighted<T: Copy, const N: usize>(&mut self, all: &[(u32, T); N]) -> T {
        let mut left = self.below(all.iter().map(|(weight, _)| weight).sum());
        let fallback = self.pick(all).1;
        for (weight, item) in all {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        fallback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_numbers_give_the_same_sequence_and_others_another() {
        let rolls = |numbers: &[u64]| {
            let mut dice = Dice::of(numbers);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(rolls(&[7, 1, 2]), rolls(&[7, 1, 2]));
        assert_ne!(rolls(&[7, 1, 2]), rolls(&[7, 2, 1]));
        assert_ne!(rolls(&[7, 1, 2]), rolls(&[8, 1, 2]));
    }

    #[test]
    fn weights_are_followed() {
        let mut dice = Dice::of(&[1]);
        let often = (0..1000).filter(|_| dice.weighted(&[(9, true), (1, false), (0, false)]));
        assert!((850..950).contains(&often.count()));
    }
}
