//! What changes among the objects all at once: no reader ever sees a part of it.

use std::sync::Arc;

use controller_sources::objects::{Kept, KindId, KindState, ObjectKey, Objects, Raw};

use super::ObjectStore;

/// Changes that wait for each other, such as those of a file that is read anew.
pub struct Together<'a> {
    store: &'a ObjectStore,
    /// The objects as they were before.
    objects: Arc<Objects>,
    put: Vec<Kept>,
    gone: Vec<ObjectKey>,
    states: Vec<(KindId, String, KindState)>,
}

impl ObjectStore {
    /// Returns changes to add to; none of them is made before `Together::commit`.
    ///
    /// They are for what alone brings the objects of their kinds.
    pub fn together(&self) -> Together<'_> {
        let (put, gone, states) = (Vec::new(), Vec::new(), Vec::new());
        Together { store: self, objects: self.read(), put, gone, states }
    }
}

impl Together<'_> {
    /// Stores an object.
    pub fn apply(&mut self, kind: &KindId, raw: Raw) {
        let kept = self.objects.decode(kind, raw);
        self.put(kept);
    }

    /// Stores that an object is there and cannot be read because of `error`.
    pub fn apply_unreadable(&mut self, key: &ObjectKey, error: &str) {
        let kept = self.objects.unreadable_as(key, error);
        self.put(kept);
    }

    fn put(&mut self, kept: Option<Kept>) {
        self.put.extend(kept.filter(|kept| !self.objects.knows(kept)));
    }

    /// Removes what was there before and `keep` does not want; see [`Objects::unwanted`].
    pub fn retain(&mut self, kind: &KindId, keep: impl FnMut(&str, &str) -> bool) {
        self.gone.extend(self.objects.unwanted(kind, "", keep));
    }

    /// Says how well a kind is known wherever it is read; see [`Objects::set_state`].
    pub fn set_states(&mut self, kind: &KindId, state: &KindState) {
        let namespaces = self.objects.states(kind).map(|(namespace, _)| namespace);
        self.states.extend(namespaces.map(|at| (kind.clone(), at.to_owned(), state.clone())));
    }

    /// Makes all changes in one moment, and wakes what waits for changes once if there are any.
    pub fn commit(self) {
        let Self { store, objects, put, gone, states } = self;
        drop(objects);
        if put.is_empty() && gone.is_empty() && states.is_empty() {
            return;
        }
        store.change(|objects, changes| {
            let mut is_news = false;
            for kept in put {
                is_news |=
                    objects.put(kept).into_iter().fold(false, |_, change| changes.note(change));
            }
            for key in &gone {
                is_news |= objects.delete(key).is_some_and(|change| changes.note(change));
            }
            for (kind, namespace, state) in states {
                if objects.set_state(&kind, &namespace, state) {
                    changes.note_any();
                    is_news = true;
                }
            }
            is_news
        });
    }
}
