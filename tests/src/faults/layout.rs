//! What kind of world one is: its zones, its names, and how patient its programs are.

use super::dice::Dice;
use super::model::ZoneFacts;

/// Names of the zones.
const PARENT: &str = "example.com";
const CHILD: &str = "sub.example.com";

/// Which zones a world has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zoning {
    /// One.
    One,
    /// A public and a private one of the same name.
    Split,
    /// A parent and a child.
    Tree,
    /// A public and a private parent and a child of each kind.
    All,
}

/// What kind of world one is.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Its zones.
    pub(crate) zones: Vec<ZoneFacts>,
    /// When the sidecar reads everything again; a duration as flags have it.
    pub(crate) full_read: &'static str,
    /// Whether the controller keeps a state in a folder.
    pub(crate) keeps_state: bool,
    /// Prefix of the names of ownership records.
    pub(crate) txt_prefix: &'static str,
}

impl Zoning {
    /// Returns the zoning of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "one" => Some(Self::One),
            "split" => Some(Self::Split),
            "tree" => Some(Self::Tree),
            "all" => Some(Self::All),
            _ => None,
        }
    }

    fn zones(self) -> Vec<ZoneFacts> {
        let zone = |id, name, private| ZoneFacts { id, name, private };
        let parent = zone("ZPUB", PARENT, false);
        let private = zone("ZPRIV", PARENT, true);
        let child = zone("ZCHILD", CHILD, false);
        match self {
            Self::One => vec![parent],
            Self::Split => vec![parent, private],
            Self::Tree => vec![parent, child],
            Self::All => vec![parent, private, child, zone("ZPCHILD", CHILD, true)],
        }
    }
}

impl Layout {
    /// Returns the layout of a world; of `zoning`, if one is given.
    pub(crate) fn of(seed: u64, world: u64, zoning: Option<Zoning>) -> Self {
        let mut dice = Dice::of(&[seed, world]);
        // Worlds beside each other differ.
        let in_turn = match world % 4 {
            0 => Zoning::Split,
            1 => Zoning::One,
            2 => Zoning::All,
            _ => Zoning::Tree,
        };
        // With an hour, only what the sidecar notices by itself is ever read again.
        let full_read = dice.weighted(&[(2, "1h"), (1, "1s")]);
        Self {
            zones: zoning.unwrap_or(in_turn).zones(),
            full_read,
            keeps_state: dice.percent(30),
            txt_prefix: dice.weighted(&[(3, ""), (1, "own.")]),
        }
    }
}
