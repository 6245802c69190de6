//! Which groups may share a message, and which of those that were sent are still unconfirmed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::fault::Fault;
use crate::group::Group;
use crate::name::Name;

/// Groups that wait, how often they were tried, and what is not known of that.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) groups: VecDeque<Group>,
    pub(super) attempts: u8,
    pub(super) unconfirmed: Option<Unconfirmed>,
}

/// Updates of which no answer says whether they were done.
///
/// It ends when the server says that it was done, when the zone is seen as it should be, or when the
/// zone was read from each server that such an update was sent to. What another server says, or that
/// none answers, ends nothing.
#[derive(Clone, Debug)]
pub(super) struct Unconfirmed {
    /// Which servers they were sent to, by their place in the zone's list.
    servers: BTreeSet<usize>,
    /// The last of the answers that did not come.
    pub(super) fault: Arc<Fault>,
}

impl Unconfirmed {
    /// Returns what is unconfirmed when one more update got no answer from a server.
    pub(super) fn of(before: Option<Self>, server: usize, fault: Fault) -> Self {
        let mut servers = before.map(|before| before.servers).unwrap_or_default();
        servers.insert(server);
        Self { servers, fault: Arc::new(fault) }
    }

    /// Returns what is left unconfirmed after the zone was read from a server; `None` for nothing.
    pub(super) fn after_reading(mut self, server: usize) -> Option<Self> {
        self.servers.remove(&server);
        (!self.servers.is_empty()).then_some(self)
    }
}

/// Returns groups in the order in which they are written: of those that share a name, the ones that
/// only take away go first, since a name may have to be free for what comes.
pub(super) fn in_order(groups: Vec<Group>) -> VecDeque<Group> {
    let mut counts: BTreeMap<Name, usize> = BTreeMap::new();
    for name in groups.iter().flat_map(Group::names) {
        *counts.entry(name).or_default() += 1;
    }
    let is_shared = |name: Name| counts.get(&name).is_some_and(|count| *count > 1);
    let is_first = |group: &Group| {
        group.changes.iter().all(|change| change.new.is_none())
            && group.names().into_iter().any(is_shared)
    };
    let (first, second): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_first);
    first.into_iter().chain(second).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use external_dns_webhook::{Endpoint, RecordType};

    use super::*;
    use crate::fault::Operation;
    use crate::group::Change;

    fn silent() -> Fault {
        let (server, operation) = ("192.0.2.1:53".to_owned(), Operation::Update);
        Fault::Silent { server, operation, after: Duration::from_secs(5) }
    }

    #[test]
    fn an_unconfirmed_update_ends_when_every_server_that_it_was_sent_to_was_read() {
        let unconfirmed = Unconfirmed::of(None, 0, silent());
        assert!(
            unconfirmed.clone().after_reading(1).is_some(),
            "another server says nothing of it"
        );
        assert!(unconfirmed.clone().after_reading(0).is_none());
        let both = Unconfirmed::of(Some(unconfirmed), 1, silent());
        let first = both.after_reading(1).unwrap();
        assert!(first.clone().after_reading(1).is_some());
        assert!(first.after_reading(0).is_none());
    }

    fn group(about: &str, names: &[&str], is_deletion: bool) -> Group {
        let change = |name: &&str| {
            let endpoint = Some(Endpoint::new(*name, RecordType::A, ["192.0.2.1"]));
            if is_deletion {
                Change { old: endpoint, new: None }
            } else {
                Change { old: None, new: endpoint }
            }
        };
        Group { about: about.into(), changes: names.iter().map(change).collect() }
    }

    #[test]
    fn what_only_frees_a_name_that_is_needed_goes_first_and_all_else_stays_in_its_place() {
        let groups = vec![
            group("alone", &["alone.example.com"], true),
            group("comes", &["comes.example.com", "own.example.com"], false),
            group("goes", &["Own.example.com."], true),
            group("last", &["last.example.com"], false),
        ];
        let order: Vec<_> = in_order(groups).into_iter().map(|group| group.about).collect();
        assert_eq!(order, ["goes", "alone", "comes", "last"]);
    }
}
