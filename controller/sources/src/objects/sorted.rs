//! A sorted map whose copies share what has not changed since.
//!
//! A copy costs nothing; the first write after it copies one small piece, and one pointer for each
//! of the other pieces, whatever the map has. So a sync can look at all objects as they were
//! while the watch goes on changing them.

use std::borrow::Borrow;
use std::sync::Arc;

/// How many entries a piece has at most.
const PIECE: usize = 64;

/// From how many entries on a piece grows by more than one at a time: most namespaces have few.
const SMALL: usize = 8;

/// A sorted map.
#[derive(Debug)]
pub(super) struct Sorted<K, V> {
    /// Sorted, none empty, each with keys after all of the one before.
    pieces: Arc<Vec<Piece<K, V>>>,
    count: usize,
}

type Piece<K, V> = Arc<Vec<(K, V)>>;

impl<K, V> Clone for Sorted<K, V> {
    fn clone(&self) -> Self {
        Self { pieces: Arc::clone(&self.pieces), count: self.count }
    }
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self { pieces: Arc::default(), count: 0 }
    }
}

impl<K, V> Sorted<K, V> {
    /// Tells whether there is no entry.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Iterates over the entries by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.pieces.iter().flat_map(|piece| piece.iter().map(|(key, value)| (key, value)))
    }

    /// Iterates over the values by key.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    /// Returns the value of a key.
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key)?;
        self.pieces.get(at)?.get(place.ok()?).map(|(_, value)| value)
    }

    /// Returns the value of a key to be written.
    pub(super) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key)?;
        self.piece(at)?.get_mut(place.ok()?).map(|(_, value)| value)
    }

    /// Sets the value of a key; returns the one before.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Some((at, place)) = self.find(&key) else {
            self.count += 1;
            Arc::make_mut(&mut self.pieces).push(Arc::new(vec![(key, value)]));
            return None;
        };
        let is_last = at + 1 == self.pieces.len();
        let piece = self.piece(at)?;
        let place = match place {
            Ok(place) => {
                return piece.get_mut(place).map(|(_, old)| std::mem::replace(old, value));
            }
            Err(place) => place,
        };
        let mut rest = None;
        if piece.len() < PIECE {
            if piece.len() < SMALL {
                piece.reserve_exact(1);
            }
            piece.insert(place, (key, value));
        } else if is_last && place == piece.len() {
            // What comes in order fills pieces to the brim.
            rest = Some(vec![(key, value)]);
        } else {
            let mut second = piece.split_off(PIECE / 2);
            if place <= piece.len() {
                piece.insert(place, (key, value));
            } else {
                second.insert(place - piece.len(), (key, value));
            }
            rest = Some(second);
        }
        if let Some(rest) = rest {
            Arc::make_mut(&mut self.pieces).insert(at + 1, Arc::new(rest));
        }
        self.count += 1;
        None
    }

    /// Removes a key; returns its value.
    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key)?;
        let place = place.ok()?;
        let piece = self.piece(at)?;
        let (_, value) = piece.remove(place);
        if piece.is_empty() {
            Arc::make_mut(&mut self.pieces).remove(at);
        }
        self.count -= 1;
        Some(value)
    }

    /// Keeps everything in the least memory: what grew entry by entry is half empty.
    pub(super) fn pack(&mut self) {
        let mut packed: Vec<Vec<(K, V)>> = Vec::with_capacity(self.count.div_ceil(PIECE));
        let mut left = self.count;
        for (key, value) in self.iter() {
            if packed.last().is_none_or(|piece| piece.len() == PIECE) {
                packed.push(Vec::with_capacity(left.min(PIECE)));
            }
            if let Some(piece) = packed.last_mut() {
                piece.push((key.clone(), value.clone()));
            }
            left -= 1;
        }
        self.pieces = Arc::new(packed.into_iter().map(Arc::new).collect());
    }

    /// Returns the piece that has or would have a key, and where in it; `None` without any piece.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(usize, Result<usize, usize>)>
    where
        K: Borrow<Q>,
    {
        let begins_after =
            |piece: &Piece<K, V>| piece.first().is_some_and(|(first, _)| first.borrow() > key);
        let at = self.pieces.partition_point(|piece| !begins_after(piece)).saturating_sub(1);
        let piece = self.pieces.get(at)?;
        Some((at, piece.binary_search_by(|(other, _)| other.borrow().cmp(key))))
    }

    /// Returns a piece to be written, which has no other reader.
    fn piece(&mut self, at: usize) -> Option<&mut Vec<(K, V)>> {
        Arc::make_mut(&mut self.pieces).get_mut(at).map(Arc::make_mut)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u16, u8),
        Remove(u16),
        Write(u16, u8),
        Copy,
        Pack,
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = 0..400_u16;
        prop_oneof![
            12 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
            6 => key.clone().prop_map(Step::Remove),
            3 => (key, any::<u8>()).prop_map(|(key, value)| Step::Write(key, value)),
            1 => Just(Step::Copy),
            1 => Just(Step::Pack),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_map_and_a_copy_stays_as_it_was(
            steps in prop::collection::vec(step(), 0..800),
        ) {
            let (mut map, mut model) = (Sorted::default(), BTreeMap::new());
            let mut copies = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(key, value) => {
                        prop_assert_eq!(map.insert(key, value), model.insert(key, value));
                    }
                    Step::Remove(key) => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                    Step::Write(key, value) => {
                        prop_assert_eq!(map.get(&key), model.get(&key));
                        if let (Some(here), Some(there)) = (map.get_mut(&key), model.get_mut(&key)) {
                            (*here, *there) = (value, value);
                        }
                    }
                    Step::Copy => copies.push((map.clone(), model.clone())),
                    Step::Pack => map.pack(),
                }
                prop_assert_eq!(map.count, model.len());
                prop_assert_eq!(map.is_empty(), model.is_empty());
            }
            copies.push((map, model));
            for (map, model) in copies {
                prop_assert!(map.iter().eq(model.iter()));
                prop_assert!(map.pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= PIECE));
            }
        }
    }

    thread_local! {
        static COPIED: Cell<usize> = const { Cell::new(0) };
    }

    struct Counted;

    impl Clone for Counted {
        fn clone(&self) -> Self {
            COPIED.with(|count| count.set(count.get() + 1));
            Self
        }
    }

    #[test]
    fn a_write_after_a_copy_copies_no_more_than_one_piece_whatever_the_size() {
        for size in [1_000_u32, 50_000] {
            let mut map = Sorted::default();
            for key in 0..size {
                map.insert(key, Counted);
            }
            let copy = map.clone();
            COPIED.with(|count| count.set(0));
            map.insert(size / 2, Counted);
            map.remove(&(size / 2));
            assert!(COPIED.with(Cell::get) <= PIECE, "{size}");
            assert_eq!((copy.count, map.count + 1), (size as usize, size as usize));
        }
    }
}
