//! The end of a list, which an API server may put off.

/// How many pages in a row may have no object that is new: a page has fewer than it may, or none, where a selector
/// leaves them out ([limits]).
///
/// [limits]: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
const MOST_IDLE_PAGES: usize = 1_000;

/// The pages of a list, which a server may go on to send without an end.
#[derive(Default)]
pub(super) struct Pages {
    /// How many came one after the other that had nothing new.
    idle: usize,
}

impl Pages {
    /// Takes in a page with so many objects that none before it had.
    pub(super) fn came(&mut self, fresh: usize) -> Result<(), &'static str> {
        self.idle = if fresh == 0 { self.idle + 1 } else { 0 };
        if self.idle < MOST_IDLE_PAGES {
            return Ok(());
        }
        Err(
            "the API server says again and again that more objects follow, and sends none that is new",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_without_an_end_are_told_and_pages_without_an_object_are_none_of_them() {
        let mut pages = Pages::default();
        for _ in 0..10 {
            for _ in 1..MOST_IDLE_PAGES {
                pages.came(0).unwrap();
            }
            pages.came(1).unwrap();
        }
        let told = (0..MOST_IDLE_PAGES).find_map(|_| pages.came(0).err()).unwrap();
        assert!(told.contains("again and again"), "{told}");
    }
}
