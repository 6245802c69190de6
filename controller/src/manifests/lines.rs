//! On which line of a document a value stands.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_saphyr::Spanned;

use super::documents;
use controller_sources::objects::Step;

/// The ways that are looked for, as a tree.
#[derive(Default)]
struct Tree {
    /// Which of them end here.
    ends: Vec<usize>,
    below: BTreeMap<Step, Self>,
}

/// Goes through a document along a tree.
struct Walk<'a> {
    tree: &'a Tree,
    found: &'a mut Vec<Option<usize>>,
}

/// Returns the line in `text`, from 1, of the value at each of `paths`; `None` where there is none.
///
/// The text is gone through once, however many there are.
pub(super) fn find(text: &str, paths: &[Cow<'_, [Step]>]) -> Vec<Option<usize>> {
    let mut tree = Tree::default();
    for (number, path) in paths.iter().enumerate() {
        let mut at = &mut tree;
        for step in path.iter() {
            at = at.below.entry(step.clone()).or_default();
        }
        at.ends.push(number);
    }
    let mut found = vec![None; paths.len()];
    let walk = Walk { tree: &tree, found: &mut found };
    let mut options = documents::options(text);
    options.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::LastWins;
    // Where the text makes no sense, no more is needed than the line that says so.
    drop(serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        walk.deserialize(deserializer)
    }));
    found
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if !self.tree.below.is_empty() {
            return deserializer.deserialize_any(self);
        }
        let spanned = Spanned::<IgnoredAny>::deserialize(deserializer)?;
        let line = usize::try_from(spanned.referenced.line()).ok().filter(|number| *number > 0);
        for end in &self.tree.ends {
            if let Some(found) = self.found.get_mut(*end) {
                *found = line;
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.tree.below.get(&Step::Key(key)) {
                Some(tree) => map.next_value_seed(Walk { tree, found: self.found })?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let more = match self.tree.below.get(&Step::Index(index)) {
                Some(tree) => list.next_element_seed(Walk { tree, found: self.found })?.is_some(),
                None => list.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}
