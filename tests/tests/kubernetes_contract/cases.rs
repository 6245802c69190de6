//! The cases: what is asked, and what Kubernetes answers.

use crate::probe::Step;

mod kinds;
mod listing;
mod patches;
mod watching;
mod writes;

/// Requests in a namespace of their own, and what Kubernetes says to them.
pub(crate) struct Case {
    /// The behaviour, as a sentence.
    pub(crate) name: &'static str,
    /// What is sent, in order.
    pub(crate) steps: Vec<Step>,
    /// What a real kube-apiserver said.
    pub(crate) expected: &'static str,
}

impl Case {
    fn new<const N: usize>(name: &'static str, steps: [Step; N]) -> Self {
        Self { name, steps: steps.into(), expected: "" }
    }

    fn expects(mut self, said: &'static str) -> Self {
        self.expected = said;
        self
    }
}

/// Returns every case, subject by subject.
pub(crate) fn all() -> Vec<Case> {
    let subjects =
        [writes::cases(), patches::cases(), listing::cases(), watching::cases(), kinds::cases()];
    subjects.into_iter().flatten().collect()
}
