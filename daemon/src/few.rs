//! The first few lines of a kind, and how many more there would have been: one request may be about
//! thousands of record sets, and a log is read by people.

/// How many of a kind are told one by one.
const FEW: usize = 20;

/// Counts what is told of one kind; how many were left out is told when it is dropped.
#[derive(Debug)]
pub struct Few {
    what: &'static str,
    count: usize,
}

impl Few {
    /// Returns the counter of one request; `what` is the sentence that tells how many more there were,
    /// which are in its answer all the same.
    pub fn new(what: &'static str) -> Self {
        Self { what, count: 0 }
    }

    /// Counts one more, and tells whether it is one of the first.
    pub fn is_first(&mut self) -> bool {
        self.count += 1;
        self.count <= FEW
    }

    fn more(&self) -> usize {
        self.count.saturating_sub(FEW)
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        let (more, what) = (self.more(), self.what);
        if more > 0 {
            tracing::warn!(more, "{what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_told_and_the_others_counted() {
        let mut few = Few::new("more");
        assert_eq!((0..2_000).filter(|_| few.is_first()).count(), FEW);
        assert_eq!(few.more(), 2_000 - FEW);
        let mut fewer = Few::new("more");
        assert!((0..FEW).all(|_| fewer.is_first()));
        assert_eq!(fewer.more(), 0);
    }
}
