//! The history in few bytes: each write compressed alone, one after the other.
//!
//! gzip allows members to follow each other ([RFC 1952], 2.2), so adding a write compresses just
//! that one, forgetting the oldest cuts off the front, and `zcat` prints the whole.
//!
//! [RFC 1952]: https://www.rfc-editor.org/rfc/rfc1952#section-2

use std::collections::{BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use controller_core::history::{History, HistoryRow, Outcome};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Most writes.
    pub(super) rows: usize,
    /// Most bytes, compressed.
    pub(super) bytes: usize,
}

/// The latest writes, oldest first.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "rows are what it has most of")]
pub(super) struct Rows {
    rows: VecDeque<Row>,
    /// The highest number that was given, also to a write that came to nothing.
    last_id: u64,
    /// Writes that came to nothing, as long as that is not kept.
    void: BTreeSet<u64>,
}

#[derive(Clone, Debug)]
struct Row {
    id: u64,
    packed: Vec<u8>,
    outcome: Outcome,
    kept: Kept,
}

/// Whether a row is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// It is.
    Yes,
    /// It is, but says something else there.
    Otherwise,
    /// It is not.
    No,
}

/// A write is larger than everything that may be kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge {
    /// Number of the write.
    pub(super) id: u64,
    /// Its bytes, compressed.
    pub(super) bytes: usize,
}

impl Rows {
    /// Reads what [`packed`](Self::packed) returned; everything in it counts as kept.
    pub(super) fn read(packed: &[u8]) -> anyhow::Result<Self> {
        let mut rows = Self::default();
        let mut rest = packed;
        while !rest.is_empty() {
            let mut decoder = GzDecoder::new(rest);
            let mut text = String::new();
            decoder.read_to_string(&mut text).context("it is not compressed as gzip does")?;
            rest = decoder.into_inner();
            let history = History::from_text(&text)?;
            for row in history.rows() {
                rows.push(row, Kept::Yes)?;
            }
            rows.last_id = rows.last_id.max(history.last_id());
        }
        Ok(rows)
    }

    /// Adds a write under the next number; what is kept beyond `limits` goes, oldest first.
    pub(super) fn add(
        &mut self,
        mut row: HistoryRow,
        limits: Limits,
    ) -> anyhow::Result<Result<(), TooLarge>> {
        row.id = self.last_id + 1;
        self.push(&row, Kept::No)?;
        if let Some(last) = self.rows.back()
            && last.packed.len() > limits.bytes
        {
            let too_large = TooLarge { id: row.id, bytes: last.packed.len() };
            self.rows.pop_back();
            return Ok(Err(too_large));
        }
        self.trim(limits);
        Ok(Ok(()))
    }

    /// Returns the writes of which no outcome is known, oldest first.
    pub(super) fn open(&self) -> anyhow::Result<Vec<HistoryRow>> {
        let mut open = Vec::new();
        for row in self.rows.iter().filter(|row| row.outcome == Outcome::Begun) {
            open.extend(row.unpack()?.rows().cloned());
        }
        Ok(open)
    }

    /// Tells whether a write is kept under this number.
    pub(super) fn is_kept(&self, id: u64) -> bool {
        self.rows.iter().any(|row| row.id == id && row.kept != Kept::No)
    }

    /// Puts a write in the place of the one with its number, unless that was forgotten; one without changes
    /// takes it out.
    pub(super) fn conclude(&mut self, row: &HistoryRow) -> anyhow::Result<()> {
        if row.changes.is_empty() {
            self.rows.retain(|other| other.id != row.id);
            self.void.insert(row.id);
            return Ok(());
        }
        let Some(place) = self.rows.iter_mut().rev().find(|other| other.id == row.id) else {
            return Ok(());
        };
        let kept = if place.kept == Kept::No { Kept::No } else { Kept::Otherwise };
        *place = Row::of(row, kept)?;
        Ok(())
    }

    /// Puts what is not kept yet after `theirs`, which is what is kept now.
    ///
    /// What is kept and says something else here is put right there. Only the process that began a
    /// write knows how it ended, so what others concluded meanwhile stands against anything else.
    pub(super) fn rebase(&mut self, theirs: Self, limits: Limits) -> anyhow::Result<()> {
        let ours = std::mem::replace(self, theirs);
        let is_begun = |row: &Row| row.outcome == Outcome::Begun;
        self.rows.retain(|row| !(ours.void.contains(&row.id) && is_begun(row)));
        for row in &ours.rows {
            match row.kept {
                Kept::Yes => {}
                Kept::Otherwise => {
                    let knows = row.outcome == Outcome::Written;
                    let theirs = self.rows.iter_mut().find(|other| other.id == row.id);
                    if let Some(theirs) = theirs
                        && (knows || theirs.outcome == Outcome::Begun)
                    {
                        theirs.clone_from(row);
                    }
                }
                Kept::No => {
                    for row in row.unpack()?.rows() {
                        let id = row.id.max(self.last_id + 1);
                        self.push(&HistoryRow { id, ..row.clone() }, Kept::No)?;
                    }
                }
            }
        }
        self.last_id = self.last_id.max(ours.last_id);
        self.void = ours.void;
        self.trim(limits);
        Ok(())
    }

    /// Notes that everything is kept.
    pub(super) fn kept(&mut self) {
        self.void.clear();
        for row in &mut self.rows {
            row.kept = Kept::Yes;
        }
    }

    /// Returns everything in one piece, the highest number that was given included.
    pub(super) fn packed(&self) -> anyhow::Result<Vec<u8>> {
        let mut packed: Vec<u8> =
            self.rows.iter().flat_map(|row| row.packed.iter().copied()).collect();
        if self.rows.back().map_or(0, |row| row.id) < self.last_id {
            packed.extend(Row::of(&HistoryRow::nothing(self.last_id), Kept::Yes)?.packed);
        }
        Ok(packed)
    }

    /// Returns everything to be looked at.
    pub(super) fn history(&self) -> anyhow::Result<History> {
        let texts = self.rows.iter().map(Row::text).collect::<anyhow::Result<String>>()?;
        Ok(History::from_text(&texts)?)
    }

    fn push(&mut self, row: &HistoryRow, kept: Kept) -> anyhow::Result<()> {
        self.rows.push_back(Row::of(row, kept)?);
        self.last_id = self.last_id.max(row.id);
        Ok(())
    }

    fn trim(&mut self, limits: Limits) {
        let mut bytes: usize = self.rows.iter().map(|row| row.packed.len()).sum();
        // A write that is only begun takes no other's place: it may turn out to be none.
        let begun = self.rows.iter().filter(|row| row.outcome == Outcome::Begun).count().min(1);
        let rows = limits.rows.max(1) + begun;
        while self.rows.len() > rows || bytes > limits.bytes {
            let Some(gone) = self.rows.pop_front() else { return };
            bytes -= gone.packed.len();
        }
    }
}

impl Row {
    fn of(row: &HistoryRow, kept: Kept) -> anyhow::Result<Self> {
        let packed = compress(&(serde_json::to_string(row)? + "\n"))?;
        Ok(Self { id: row.id, packed, outcome: row.outcome, kept })
    }

    fn text(&self) -> anyhow::Result<String> {
        expand(&self.packed).with_context(|| format!("write {} cannot be read", self.id))
    }

    fn unpack(&self) -> anyhow::Result<History> {
        Ok(History::from_text(&self.text()?)?)
    }
}

/// Returns `text` in fewer bytes.
pub(super) fn compress(text: &str) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

/// Returns the text that [`compress`] was given.
pub(super) fn expand(packed: &[u8]) -> anyhow::Result<String> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{Changes, Endpoint, RecordType};

    use super::*;

    const LIMITS: Limits = Limits { rows: 3, bytes: 1 << 20 };

    fn write(name: &str) -> HistoryRow {
        let create = vec![Endpoint::new(name, RecordType::A, ["192.0.2.1"])];
        let changes = Changes { create, ..Changes::default() };
        HistoryRow { id: 0, written: 7, changes, outcome: Outcome::Written, cause: String::new() }
    }

    fn listed(rows: &Rows) -> Vec<(u64, String)> {
        let history = rows.history().unwrap();
        let first = |row: &HistoryRow| row.changes.create.first().unwrap().dns_name.to_string();
        history.rows().map(|row| (row.id, first(row))).collect()
    }

    fn rows(names: &[&str]) -> Rows {
        let mut rows = Rows::default();
        for name in names {
            rows.add(write(name), LIMITS).unwrap().unwrap();
        }
        rows
    }

    fn expected(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()
    }

    #[test]
    fn what_is_packed_reads_back_and_the_oldest_are_forgotten() {
        let first = rows(&["a", "b", "c", "d"]);
        let again = Rows::read(&first.packed().unwrap()).unwrap();
        assert_eq!(listed(&again), expected(&[(2, "b"), (3, "c"), (4, "d")]));
        assert_eq!(again.packed().unwrap(), first.packed().unwrap());
    }

    #[test]
    fn what_others_wrote_meanwhile_stays_and_no_number_is_given_twice() {
        let mut ours = rows(&["a"]);
        ours.kept();
        let mut theirs = ours.clone();
        theirs.add(write("theirs"), LIMITS).unwrap().unwrap();
        ours.add(write("ours"), LIMITS).unwrap().unwrap();
        ours.rebase(Rows::read(&theirs.packed().unwrap()).unwrap(), LIMITS).unwrap();
        assert_eq!(listed(&ours), expected(&[(1, "a"), (2, "theirs"), (3, "ours")]));
        // What was kept is theirs to forget.
        ours.kept();
        ours.rebase(Rows::default(), LIMITS).unwrap();
        assert_eq!(listed(&ours), []);
        ours.add(write("b"), LIMITS).unwrap().unwrap();
        assert_eq!(listed(&ours), expected(&[(4, "b")]));
    }

    #[test]
    fn of_a_write_that_two_have_concluded_the_outcome_is_that_of_the_one_that_made_it() {
        let begun = || {
            let mut rows = rows(&["a"]);
            let row = HistoryRow { outcome: Outcome::Begun, ..write("b") };
            rows.add(row, LIMITS).unwrap().unwrap();
            rows.kept();
            rows
        };
        let (written, missing) = (Outcome::Written, Outcome::NotLanded);
        for (first, then, outcome) in
            [(written, missing, written), (missing, written, written), (missing, missing, missing)]
        {
            let concluded = |outcome| {
                let mut rows = begun();
                let row = rows.open().unwrap().pop().unwrap();
                rows.conclude(&HistoryRow { outcome, ..row }).unwrap();
                rows
            };
            let mut ours = concluded(then);
            assert_eq!(ours.open().unwrap(), []);
            ours.rebase(Rows::read(&concluded(first).packed().unwrap()).unwrap(), LIMITS).unwrap();
            assert_eq!(listed(&ours), expected(&[(1, "a"), (2, "b")]));
            assert_eq!(ours.history().unwrap().row(2).unwrap().outcome, outcome);
        }
        // What was forgotten stays so, and what was not kept yet is begun and concluded at once.
        let mut ours = begun();
        let row = ours.open().unwrap().pop().unwrap();
        ours.conclude(&HistoryRow { outcome: Outcome::Written, ..row.clone() }).unwrap();
        ours.rebase(Rows::default(), LIMITS).unwrap();
        assert_eq!(listed(&ours), []);
        ours.add(row, LIMITS).unwrap().unwrap();
        let row = ours.open().unwrap().pop().unwrap();
        ours.conclude(&HistoryRow { outcome: Outcome::Written, ..row }).unwrap();
        ours.rebase(rows(&["x", "y"]), LIMITS).unwrap();
        assert_eq!(listed(&ours), expected(&[(1, "x"), (2, "y"), (3, "b")]));
        assert_eq!(ours.open().unwrap(), []);
    }

    #[test]
    fn bytes_are_bounded_and_a_write_beyond_them_is_named() {
        let one = rows(&["a"]).packed().unwrap().len();
        let limits = Limits { rows: 100, bytes: one * 2 + one / 2 };
        let mut rows = Rows::default();
        for name in ["a", "b", "c"] {
            rows.add(write(name), limits).unwrap().unwrap();
        }
        assert_eq!(listed(&rows), expected(&[(2, "b"), (3, "c")]));
        let mut large = write("d");
        let random = |number: u32| format!("{:x}", number.wrapping_mul(2_654_435_761));
        let names =
            (0..100).map(|number| Endpoint::new(random(number), RecordType::A, ["192.0.2.1"]));
        large.changes.create.extend(names);
        let refused = rows.add(large, limits).unwrap().unwrap_err();
        assert_eq!(refused.id, 4);
        assert!(refused.bytes > limits.bytes);
        assert_eq!(listed(&rows), expected(&[(2, "b"), (3, "c")]), "the others stay");
        rows.add(write("e"), limits).unwrap().unwrap();
        assert_eq!(listed(&rows), expected(&[(3, "c"), (5, "e")]), "its number is not reused");
    }

    #[test]
    fn a_write_that_came_to_nothing_leaves_no_row_and_its_number_is_given_to_no_other() {
        let mut ours = rows(&["a"]);
        ours.add(HistoryRow { outcome: Outcome::Begun, ..write("b") }, LIMITS).unwrap().unwrap();
        ours.kept();
        let theirs = ours.clone();
        ours.conclude(&HistoryRow::nothing(2)).unwrap();
        assert_eq!(listed(&ours), expected(&[(1, "a")]));
        ours.rebase(Rows::read(&theirs.packed().unwrap()).unwrap(), LIMITS).unwrap();
        assert_eq!(listed(&ours), expected(&[(1, "a")]), "what others read is older");
        let mut next = Rows::read(&ours.packed().unwrap()).unwrap();
        assert_eq!((listed(&next), next.open().unwrap()), (expected(&[(1, "a")]), vec![]));
        next.add(write("c"), LIMITS).unwrap().unwrap();
        assert_eq!(listed(&next), expected(&[(1, "a"), (3, "c")]), "after a restart, too");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Rows::read(b"nonsense").is_err());
        assert!(Rows::read(&compress("nonsense\n").unwrap()).is_err());
    }
}
