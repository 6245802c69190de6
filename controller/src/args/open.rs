//! Where a person has something to write before anything starts.

use daemon::Complaints;

/// What `signpost convert` writes where it cannot know what is meant.
pub const OPEN: &str = "CHANGE-ME";

/// Adds each flag of whose values one is still to be written.
pub(super) fn check(words: &[String], complaints: &mut Complaints) {
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        let Some((flag, value)) = word.strip_prefix("--").and_then(|word| word.split_once('='))
        else {
            continue;
        };
        if value.contains(OPEN) && !seen.contains(&flag) {
            seen.push(flag);
            complaints.rule(
                &[flag],
                format!(
                    "`--{flag}={value}`: `{OPEN}` stands where something is still to be written, as `signpost convert` says: write it, or \
                     leave the flag out"
                ),
            );
        }
    }
}
