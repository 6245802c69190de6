//! Cuts long requests into pieces, so that the size of a cluster meets no limit of a provider.
//!
//! Each record set is adjusted by itself, so their list can be cut anywhere. What is written is cut
//! between names: a record set goes with everything else under its name, with its ownership records,
//! and with what it points to.

use std::collections::HashMap;

use crate::{CanonicalName, Changes, DnsName, Endpoint, Labels, Refusal, Update};

/// How large the body of a request becomes, in bytes, give or take one record set.
///
/// Answers are as large again for each zone, and servers such as ours take 32 MiB.
const PIECE_BYTES: usize = 4 << 20;

/// How many record sets one request writes, give or take those of one name: so many are written well
/// within the time that one request may take.
const PIECE_CHANGES: usize = 2_000;

/// What a record set takes in a body besides its texts, in bytes.
const FRAME_BYTES: usize = 128;

/// Returns about how many bytes a record set takes in a body.
fn size(endpoint: &Endpoint) -> usize {
    let Endpoint { dns_name, targets, record_type, set_identifier, labels, properties, .. } =
        endpoint;
    let targets: usize = targets.iter().map(|target| target.len() + 3).sum();
    let settings = labels.iter().chain(properties.iter());
    let settings: usize = settings.map(|(name, value)| name.len() + value.len() + 24).sum();
    let own = dns_name.as_str().len() + record_type.as_str().len() + set_identifier.len();
    FRAME_BYTES + own + targets + settings
}

/// Cuts a list of desired record sets.
pub(super) fn of_list(desired: Vec<Endpoint>) -> Vec<Vec<Endpoint>> {
    let mut pieces = Vec::new();
    let (mut piece, mut bytes) = (Vec::new(), 0);
    for endpoint in desired {
        let more = size(&endpoint);
        if bytes + more > PIECE_BYTES && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            bytes = 0;
        }
        bytes += more;
        piece.push(endpoint);
    }
    // An empty list is sent, too.
    pieces.push(piece);
    pieces
}

/// Cuts changes between what has nothing to do with each other.
pub(super) fn of_changes(changes: Changes) -> Vec<Changes> {
    if is_small(&changes) {
        return vec![changes];
    }
    let mut pieces = Vec::new();
    let (mut piece, mut bytes) = (Changes::default(), 0);
    for group in groups(changes) {
        let more = weight(&group);
        let is_full = bytes + more > PIECE_BYTES || piece.len() + group.len() > PIECE_CHANGES;
        if is_full && !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
            bytes = 0;
        }
        bytes += more;
        let Changes { create, update, delete } = group;
        piece.create.extend(create);
        piece.update.extend(update);
        piece.delete.extend(delete);
    }
    pieces.push(piece);
    pieces
}

/// Halves a list that a provider finds too large; `None` when it is one record set.
pub(super) fn halves(mut list: Vec<Endpoint>) -> Option<[Vec<Endpoint>; 2]> {
    if list.len() < 2 {
        return None;
    }
    let rest = list.split_off(list.len() / 2);
    Some([list, rest])
}

/// Halves changes that a provider finds too large; `None` when they belong together.
pub(super) fn halves_of_changes(changes: Changes) -> Option<[Changes; 2]> {
    let groups = groups(changes);
    if groups.len() < 2 {
        return None;
    }
    let half = groups.len() / 2;
    let mut halves = [Changes::default(), Changes::default()];
    for (at, Changes { create, update, delete }) in groups.into_iter().enumerate() {
        let [first, second] = &mut halves;
        let piece = if at < half { first } else { second };
        piece.create.extend(create);
        piece.update.extend(update);
        piece.delete.extend(delete);
    }
    Some(halves)
}

/// Returns the refusal of a record set that no request of the provider's can hold.
pub(super) fn too_large(endpoint: &Endpoint) -> Refusal {
    let bytes = size(endpoint);
    let message = format!(
        "the provider takes no request as large as this record set alone, about {bytes} bytes; ask \
         for less under the name, or raise the provider's limit"
    );
    Refusal::of(endpoint, "TooLarge", message)
}

fn is_small(changes: &Changes) -> bool {
    changes.len() <= PIECE_CHANGES && weight(changes) <= PIECE_BYTES
}

fn weight(Changes { create, update, delete }: &Changes) -> usize {
    let updates = update.iter().map(|Update { old, new }| size(old) + size(new));
    create.iter().chain(delete).map(size).chain(updates).sum()
}

/// Puts what belongs together into one group each, in the order in which it comes up.
fn groups(changes: Changes) -> Vec<Changes> {
    let mut names = Names::default();
    let Changes { create, update, delete } = &changes;
    let mentioned = || create.iter().chain(update.iter().map(|update| &update.new)).chain(delete);
    for endpoint in mentioned() {
        let own = names.add(&endpoint.dns_name);
        if let Some(about) = endpoint.labels.get(Labels::OWNED_RECORD) {
            let about = names.add(&DnsName::from(about));
            names.join(own, about);
        }
    }
    for endpoint in mentioned() {
        let own = names.add(&endpoint.dns_name);
        for target in endpoint.targets.iter() {
            if let Some(target) = names.find(&DnsName::from(target)) {
                names.join(own, target);
            }
        }
    }
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut groups: Vec<Changes> = Vec::new();
    let mut place = |name: &DnsName, groups: &mut Vec<Changes>| {
        let own = names.add(name);
        let root = names.root(own);
        *places.entry(root).or_insert_with(|| {
            groups.push(Changes::default());
            groups.len() - 1
        })
    };
    let Changes { create, update, delete } = changes;
    for endpoint in create {
        let at = place(&endpoint.dns_name, &mut groups);
        if let Some(group) = groups.get_mut(at) {
            group.create.push(endpoint);
        }
    }
    for change in update {
        let at = place(&change.new.dns_name, &mut groups);
        if let Some(group) = groups.get_mut(at) {
            group.update.push(change);
        }
    }
    for endpoint in delete {
        let at = place(&endpoint.dns_name, &mut groups);
        if let Some(group) = groups.get_mut(at) {
            group.delete.push(endpoint);
        }
    }
    groups
}

/// Names, and which of them belong together.
#[derive(Default)]
struct Names {
    numbers: HashMap<CanonicalName, usize>,
    /// By number another name of the same group; the last one names itself.
    parents: Vec<usize>,
}

impl Names {
    fn add(&mut self, name: &DnsName) -> usize {
        let fresh = self.parents.len();
        let number = *self.numbers.entry(name.canonical().clone()).or_insert(fresh);
        if number == fresh {
            self.parents.push(fresh);
        }
        number
    }

    fn find(&self, name: &DnsName) -> Option<usize> {
        self.numbers.get(name.canonical()).copied()
    }

    fn root(&mut self, mut number: usize) -> usize {
        while let Some(parent) =
            self.parents.get(number).copied().filter(|parent| *parent != number)
        {
            // Shortens the way for the next one.
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(number) {
                *slot = above;
            }
            number = parent;
        }
        number
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.parents.get_mut(a) {
            *slot = b;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordType;

    fn record(name: &str, target: &str) -> Endpoint {
        Endpoint::new(name, RecordType::A, [target])
    }

    fn ownership_record(name: &str, about: &str) -> Endpoint {
        let mut ownership_record = Endpoint::new(name, RecordType::Txt, ["\"heritage\""]);
        ownership_record.labels.set(Labels::OWNED_RECORD, about);
        ownership_record
    }

    #[test]
    fn what_is_short_is_sent_as_it_is() {
        let changes = Changes { create: vec![record("a", "192.0.2.1")], ..Changes::default() };
        assert_eq!(of_changes(changes.clone()), [changes]);
        assert_eq!(of_changes(Changes::default()), [Changes::default()]);
        assert_eq!(of_list(Vec::new()), [Vec::<Endpoint>::new()]);
    }

    #[test]
    fn a_list_is_cut_by_its_bytes_and_nothing_is_lost() {
        let long = "v".repeat(PIECE_BYTES / 3);
        let list: Vec<_> = (0..10).map(|number| record(&number.to_string(), &long)).collect();
        let pieces = of_list(list.clone());
        assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [2; 5]);
        assert_eq!(pieces.concat(), list);
    }

    #[test]
    fn changes_of_a_name_its_ownership_records_and_what_it_points_to_stay_together() {
        let mut changes = Changes::default();
        for count in 0..PIECE_CHANGES {
            let name = format!("n{count:04}.example.com");
            changes.create.push(record(&name, "192.0.2.1"));
            changes.create.push(ownership_record(&format!("a-{name}"), &name.to_ascii_uppercase()));
            changes.delete.push(Endpoint::new(&*name, RecordType::Cname, ["lb.example.net"]));
            let alias = format!("alias.{name}");
            changes.create.push(Endpoint::new(&*alias, RecordType::Cname, [&*name]));
        }
        let pieces = of_changes(changes.clone());
        assert_eq!(pieces.len(), 4);
        assert_eq!(pieces.iter().map(Changes::len).sum::<usize>(), changes.len());
        for Changes { create, update: _, delete } in &pieces {
            for gone in delete {
                let about = gone.dns_name.as_str();
                let together =
                    create.iter().filter(|endpoint| endpoint.dns_name.as_str().ends_with(about));
                assert_eq!(together.count(), 3, "{about}");
            }
        }
    }

    #[test]
    fn what_is_too_large_is_halved_until_it_belongs_together() {
        let create =
            vec![record("a", "192.0.2.1"), ownership_record("a-a", "a"), record("b", "192.0.2.1")];
        let [first, second] = halves_of_changes(Changes { create, ..Changes::default() }).unwrap();
        assert_eq!((first.len(), second.len()), (2, 1));
        assert!(halves_of_changes(first).is_none());
        assert!(halves(vec![record("a", "192.0.2.1")]).is_none());
    }
}
