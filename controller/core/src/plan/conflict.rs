//! Which of several objects that want a name gets it.
//!
//! A *bid* is one record set that one object wants under the name, a *place* a type with a set
//! identifier. All bids are looked at together, whether they want the same or not:
//!
//! 1. **Between namespaces what is there stays, then age counts.** The places are dealt out among the
//!    namespaces as if no object had a priority: first to bids for what their namespace holds, place
//!    and routing policy; then to those that replace what it holds; then to the older object. Each
//!    gets its place if it can stand beside what came before it.
//! 2. **Within a namespace priority counts, then what is there, then age, then the name.** Each
//!    namespace deals out anew what it was given, among all its bids that can stand beside what the
//!    others were given.
//! 3. What has room beside all this is dealt out in the same way, until nothing has.
//!
//! A bid for what a winner writes stands beside it, whichever object it is of. One that names no TTL is content
//! with any, so a winner without one takes that of the first bid that wants the same.
//!
//! So a number gives nothing to one namespace that another one holds or is older for, a name that is
//! handed over within a namespace is not lost to another, and what loses to none of its own namespace
//! might as well not be there. (That cannot hold of what loses to its own namespace, too: of three
//! bids each can come before the next, by priority, by age, and by age.) Which place a bid is for
//! matters by type and policy only, and each round settles one of these for good, so the rounds are
//! few and the cost is that of sorting.

mod bid;

use std::borrow::Cow;
use std::collections::BTreeMap;

use external_dns_webhook::{Endpoint, Ttl};

pub(crate) use self::bid::Precedence;
pub(super) use self::bid::place;
use self::bid::{Bid, Incumbents, PlaceKey};
use super::routing::SetKind;

/// The candidates of one name after the conflicts among them are resolved.
#[derive(Debug, Default)]
pub(crate) struct Resolution<'a> {
    /// At most one for each type and set identifier, all able to stand together.
    pub(crate) winners: Vec<Winner<'a>>,
    /// Those that want something else, each with the winner in its way.
    pub(crate) losers: Vec<(&'a Endpoint, &'a Endpoint)>,
}

/// What is written under a name.
#[derive(Clone, Debug)]
pub(crate) struct Winner<'a> {
    /// What is written, with the TTL of another bid if it names none; its object owns it.
    pub(crate) endpoint: Cow<'a, Endpoint>,
    /// What other objects want and get by it.
    pub(crate) beside: Vec<&'a Endpoint>,
}

/// Decides who gets what under one name.
pub(crate) fn resolve_conflicts<'a>(
    candidates: &[&'a Endpoint],
    precedence: Precedence<'_>,
) -> Resolution<'a> {
    if let [only] = candidates {
        let only = Winner { endpoint: Cow::Borrowed(*only), beside: Vec::new() };
        return Resolution { winners: vec![only], losers: Vec::new() };
    }
    let incumbents = Incumbents::new(precedence);
    let mut bids: Vec<_> =
        candidates.iter().map(|endpoint| Bid::new(endpoint, precedence, &incumbents)).collect();
    bids.sort_by(Bid::between_namespaces);
    let won = deal_out(&bids);
    outcome(&bids, &won)
}

/// Places that are taken, and by how many.
#[derive(Clone, Default)]
struct Occupied<'a> {
    places: BTreeMap<PlaceKey<'a>, usize>,
    kinds: BTreeMap<SetKind<'a>, usize>,
}

impl<'a> Occupied<'a> {
    /// Tells whether a bid can stand beside all that is taken. What is taken can stand together, so
    /// there is one kind of each type at most.
    fn has_room(&self, bid: &Bid<'a>) -> bool {
        !self.places.contains_key(&place(bid.endpoint))
            && self.kinds.keys().all(|kind| kind.clash(bid.kind).is_none())
    }

    fn take(&mut self, bid: &Bid<'a>) {
        *self.places.entry(place(bid.endpoint)).or_default() += 1;
        *self.kinds.entry(bid.kind).or_default() += 1;
    }

    fn give_back(&mut self, bid: &Bid<'a>) {
        fn less<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
            if let Some(count) = counts.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
        less(&mut self.places, &place(bid.endpoint));
        less(&mut self.kinds, &bid.kind);
    }
}

/// Returns the bids that win; they are given in the order between namespaces.
fn deal_out<'a, 'b>(bids: &'b [Bid<'a>]) -> Vec<&'b Bid<'a>> {
    let mut won: Vec<&Bid<'_>> = Vec::new();
    let mut taken = Occupied::default();
    let mut open: Vec<&Bid<'_>> = bids.iter().collect();
    while !open.is_empty() {
        let mut dealt = taken.clone();
        let mut namespaces: BTreeMap<&str, Vec<&Bid<'_>>> = BTreeMap::new();
        for bid in &open {
            if dealt.has_room(bid) {
                dealt.take(bid);
                namespaces.entry(&bid.circle).or_default().push(bid);
            }
        }
        let mut rivals: BTreeMap<&str, Vec<&Bid<'_>>> = BTreeMap::new();
        for bid in open.iter().filter(|bid| namespaces.contains_key(bid.circle.as_str())) {
            rivals.entry(&bid.circle).or_default().push(bid);
        }
        for (namespace, given) in namespaces {
            for bid in &given {
                dealt.give_back(bid);
            }
            let mut rivals = rivals.remove(namespace).unwrap_or_default();
            rivals.sort_by(|a, b| a.within_namespace(b));
            let mut chosen = Vec::with_capacity(given.len());
            for bid in rivals {
                if dealt.has_room(bid) {
                    dealt.take(bid);
                    chosen.push(bid);
                }
            }
            // The others choose beside what this one was given, whatever it chose: what one chooses
            // in place of its own never clashes with what another does.
            for bid in &chosen {
                dealt.give_back(bid);
            }
            for bid in &given {
                dealt.take(bid);
            }
            won.extend(chosen);
        }
        taken = Occupied::default();
        for bid in &won {
            taken.take(bid);
        }
        open.retain(|bid| taken.has_room(bid));
    }
    won.sort_by(|a, b| a.between_namespaces(b));
    won
}

/// Returns what becomes of all bids where those in `won` win.
fn outcome<'a>(bids: &[Bid<'a>], won: &[&Bid<'a>]) -> Resolution<'a> {
    let places: BTreeMap<_, usize> =
        won.iter().enumerate().map(|(at, bid)| (place(bid.endpoint), at)).collect();
    let mut kinds: BTreeMap<SetKind<'_>, &Endpoint> = BTreeMap::new();
    for winner in won {
        kinds.entry(winner.kind).or_insert(winner.endpoint);
    }
    let mut alike: Vec<Vec<&Bid<'_>>> = vec![Vec::new(); won.len()];
    let mut losers = Vec::new();
    for bid in bids {
        let at = places.get(&place(bid.endpoint)).copied();
        let Some((at, winner)) = at.and_then(|at| Some((at, won.get(at)?))) else {
            let mut kinds = kinds.iter();
            let obstacle = kinds.find(|(kind, _)| kind.clash(bid.kind).is_some());
            losers.extend(obstacle.map(|(_, winner)| (bid.endpoint, *winner)));
            continue;
        };
        if std::ptr::eq(*winner, bid) {
            continue;
        }
        match alike.get_mut(at).filter(|_| bid.is_answered_by(winner.endpoint)) {
            Some(alike) => alike.push(bid),
            None => losers.push((bid.endpoint, winner.endpoint)),
        }
    }
    let mut winners = Vec::with_capacity(won.len());
    for (winner, alike) in won.iter().zip(alike) {
        let ttl = winner.endpoint.ttl.or_else(|| first_ttl(winner, &alike));
        let is_content = |bid: &&Bid<'_>| bid.endpoint.ttl.is_none() || bid.endpoint.ttl == ttl;
        let (beside, others): (Vec<_>, Vec<_>) = alike.into_iter().partition(is_content);
        losers.extend(others.into_iter().map(|bid| (bid.endpoint, winner.endpoint)));
        let beside = beside.into_iter().map(|bid| bid.endpoint).collect();
        let endpoint = if ttl == winner.endpoint.ttl {
            Cow::Borrowed(winner.endpoint)
        } else {
            Cow::Owned(Endpoint { ttl, ..winner.endpoint.clone() })
        };
        winners.push(Winner { endpoint, beside });
    }
    Resolution { winners, losers }
}

/// Returns the TTL that a winner without one takes: that of its own namespace's first bid that names
/// one, or of the first one of another.
fn first_ttl(winner: &Bid<'_>, alike: &[&Bid<'_>]) -> Option<Ttl> {
    let named = || alike.iter().filter(|bid| bid.endpoint.ttl.is_some());
    let own = named().filter(|bid| bid.circle == winner.circle);
    let first = own.min_by(|a, b| a.within_namespace(b));
    first.or_else(|| named().next()).and_then(|bid| bid.endpoint.ttl)
}
