//! The variables of a start, in the order in which they are set last.

use std::collections::BTreeMap;

use super::Wording;

/// Variables, of which each name is there once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in super::super) struct StartVariables {
    held: BTreeMap<String, (usize, Wording)>,
    set: usize,
}

impl StartVariables {
    /// Sets a variable; of two of a name the later one counts.
    pub(super) fn set(&mut self, name: &str, value: Wording) {
        self.set = self.set.saturating_add(1);
        self.held.insert(name.to_owned(), (self.set, value));
    }

    pub(super) fn get(&self, name: &str) -> Option<&Wording> {
        self.held.get(name).map(|(_, value)| value)
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.held.remove(name);
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    /// Makes all of them unknown.
    pub(super) fn open(&mut self) {
        for (_, value) in self.held.values_mut() {
            *value = Wording::Open(value.written().to_owned());
        }
    }

    /// Returns them as they are set.
    pub(super) fn in_order(&self) -> Vec<(&str, &Wording)> {
        let mut all: Vec<_> = self.held.iter().collect();
        all.sort_unstable_by_key(|(_, (at, _))| *at);
        all.into_iter().map(|(name, (_, value))| (name.as_str(), value)).collect()
    }
}

impl FromIterator<(String, Wording)> for StartVariables {
    fn from_iter<I: IntoIterator<Item = (String, Wording)>>(all: I) -> Self {
        let mut made = Self::default();
        for (name, value) in all {
            made.set(&name, value);
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_variables_each_is_there_once_and_where_it_was_set_last() {
        let known = |text: &str| Wording::Known(text.to_owned());
        let names = (0..100_000).map(|at| (format!("A{}", at % 50_000), known("x")));
        let mut made: StartVariables = names.collect();
        made.set("A0", known("y"));
        let all = made.in_order();
        assert_eq!(
            (all.len(), all.first(), all.last()),
            (50_000, Some(&("A1", &known("x"))), Some(&("A0", &known("y"))))
        );
    }
}
