//! Feeds a target with changed seeds, for a time, without libFuzzer and so with a stable compiler: `stable TARGET
//! SECONDS FOLDER…`.
//!
//! It sees nothing of what its inputs reach, so it finds less than `cargo fuzz`. What ends a target is written
//! into `artifacts/TARGET/`, which both can be fed with.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use signpost_fuzz::TARGETS;

/// How long one input may take.
const LONGEST: Duration = Duration::from_secs(10);

/// How long an input may become, in bytes.
const LARGEST: usize = 16 << 10;

/// What has a meaning in one of the grammars.
const MARKS: &[u8] = b"{}[]().,:;/\\\"'`$%*-_ \n\t\0|&!<>";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, seconds, folders @ ..] = &words[..] else {
        eprintln!("usage: stable TARGET SECONDS FOLDER…");
        return ExitCode::FAILURE;
    };
    let target = TARGETS.iter().find(|(other, _)| other == name);
    let (Some((name, target)), Ok(seconds)) = (target, seconds.parse()) else {
        let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("the targets are {}, and SECONDS is a whole number", names.join(", "));
        return ExitCode::FAILURE;
    };
    let mut seeds = vec![Vec::new()];
    for folder in folders {
        read(Path::new(folder), &mut seeds);
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
    println!("{name}: {} seeds, random numbers from {seed}", seeds.len());
    // As they are, first: what was found once must stay away.
    for input in &seeds {
        if let Err(why) = tried(*target, input) {
            return found(name, input, &why);
        }
    }
    let mut changes = Changes::new(seed, &seeds);
    let (begun, mut tries, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let input = changes.next(&seeds);
        match tried(*target, &input) {
            Ok(took) => slowest = slowest.max(took),
            Err(why) => return found(name, &input, &why),
        }
        tries += 1;
    }
    println!("{name}: {tries} inputs, the slowest took {} ms", slowest.as_millis());
    ExitCode::SUCCESS
}

/// Adds what is in a folder, or in the folders below it.
fn read(path: &Path, seeds: &mut Vec<Vec<u8>>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut inner: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inner.sort();
        inner.iter().for_each(|path| read(path, seeds));
    } else if let Ok(bytes) = std::fs::read(path) {
        seeds.push(bytes);
    }
}

fn tried(target: fn(&[u8]), input: &[u8]) -> Result<Duration, String> {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
    let took = begun.elapsed();
    match outcome {
        Err(_) => Err("it panicked".to_owned()),
        Ok(()) if took > LONGEST => Err(format!("it took {took:?}")),
        Ok(()) => Ok(took),
    }
}

fn found(name: &str, input: &[u8], why: &str) -> ExitCode {
    let folder = Path::new("artifacts").join(name);
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let file = folder.join(format!("stable-{hash:016x}"));
    let kept = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, input));
    println!("{name}: {why}: {}: {:?}", file.display(), String::from_utf8_lossy(input));
    if let Err(error) = kept {
        println!("{name}: it could not be kept: {error}");
    }
    ExitCode::FAILURE
}

/// Makes inputs of others.
struct Changes {
    state: u64,
    /// Words of the seeds, and what is at an edge of something.
    words: Vec<Vec<u8>>,
    /// What came of the last inputs, to be changed further.
    recent: Vec<Vec<u8>>,
}

impl Changes {
    fn new(seed: u64, seeds: &[Vec<u8>]) -> Self {
        const EDGES: [&str; 26] = [
            "",
            "\0",
            "\u{ff}",
            "\u{202e}",
            "\u{fffd}",
            "ß",
            "İ",
            "-1",
            "0",
            "9223372036854775807",
            "18446744073709551616",
            "1e309",
            "null",
            "[]",
            "{}",
            "\\",
            "\"",
            "'",
            "`",
            "$(A)",
            "{{",
            "}}",
            ".",
            "*",
            "xn--",
            "..",
        ];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        let mut words: BTreeSet<Vec<u8>> =
            EDGES.iter().map(|edge| edge.as_bytes().to_vec()).collect();
        for seed in seeds {
            let parts = seed.split(|byte| !is_part(byte)).filter(|part| part.len() > 1);
            words.extend(parts.map(<[u8]>::to_vec));
        }
        Self { state: seed | 1, words: words.into_iter().collect(), recent: Vec::new() }
    }

    /// Returns a number below `limit`; 0 when that is 0.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit.max(1)
    }

    fn pick<'a>(&mut self, from: &'a [Vec<u8>]) -> &'a [u8] {
        let at = self.below(from.len());
        from.get(at).map_or(&[], Vec::as_slice)
    }

    fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let recent = std::mem::take(&mut self.recent);
        let from = if !recent.is_empty() && self.below(3) == 0 { &recent } else { seeds };
        let mut input = self.pick(from).to_vec();
        for _ in 0..=self.below(6) {
            self.change(&mut input, seeds);
        }
        input.truncate(LARGEST);
        self.recent = recent;
        if self.recent.len() < 512 {
            self.recent.push(input.clone());
        } else {
            let at = self.below(512);
            self.recent[at].clone_from(&input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(32)).min(input.len());
        match self.below(8) {
            0 => {
                let bit = 1_u8 << self.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            1 => input.insert(at, self.below(256) as u8),
            2 => drop(input.drain(at..end)),
            3 => {
                let part = input[at..end].to_vec();
                for _ in 0..=self.below(16) {
                    input.splice(at..at, part.iter().copied());
                }
            }
            4 => {
                let other = self.pick(seeds).to_vec();
                let from = self.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            5 => {
                let mark = self.below(MARKS.len());
                input.insert(at, MARKS[mark]);
            }
            _ => {
                let words = std::mem::take(&mut self.words);
                let word = self.pick(&words).to_vec();
                self.words = words;
                input.splice(at..end, word);
            }
        }
    }
}
