//! Variables that look as if they were meant for one of our programs and that nothing reads.
//!
//! Nobody is told of a variable that does not exist, so a filter with a slip in its name filters nothing, unseen.

use std::sync::LazyLock;

use regex::Regex;

/// What the names of variables begin with that are meant for our programs; the first one is right.
const STARTS: [&str; 4] = ["EXTERNAL_DNS_", "EXTERNALDNS_", "EXTERNAL_DNS", "SIGNPOST_"];

/// How far a slip of the fingers goes, in letters that are wrong, missing, too many or swapped.
const SLIP: usize = 2;

/// How Kubernetes tells containers of the Services around them ([variables]).
///
/// [variables]: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
static OF_A_SERVICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new("(^|_)(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$").ok()
});

/// What the name of a variable says that begins as those do that our programs read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeltVariable {
    /// The flag that it spells, without dashes, whether there is one or not.
    pub flag: String,
    /// Whether it begins with the product's name, as variables of other people's charts and scripts do, too.
    pub is_by_product: bool,
}

/// Returns the name of the variable that sets `flag`.
pub fn variable(flag: &str) -> String {
    format!("EXTERNAL_DNS_{}", flag.to_uppercase().replace('-', "_"))
}

/// Returns what the name of a variable says; `None` for another program's.
pub fn spelt(name: &str) -> Option<SpeltVariable> {
    let upper = name.to_uppercase();
    let (start, rest) =
        STARTS.into_iter().find_map(|start| Some((start, upper.strip_prefix(start)?)))?;
    let rest = rest.trim_start_matches('_');
    if rest.is_empty() || OF_A_SERVICE.as_ref().is_some_and(|form| form.is_match(rest)) {
        return None;
    }
    let flag = rest.to_lowercase().replace('_', "-");
    Some(SpeltVariable { flag, is_by_product: start == "SIGNPOST_" })
}

/// Returns what to know of the variable `name`, which nothing reads, when `flag` was meant.
pub fn misspelt(name: &str, flag: &str) -> String {
    format!("nothing reads the variable `{name}`; did you mean `{}`?", variable(flag))
}

/// Returns what to know of each variable of `names` that is a slip of one that `command` reads.
///
/// A slip is two letters at most: what is further away is another program's in the same Pod, which reads
/// variables of the same form.
pub(crate) fn slips(command: &clap::Command, names: impl Iterator<Item = String>) -> Vec<String> {
    let flags: Vec<&str> = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some())
        .filter_map(clap::Arg::get_long)
        .collect();
    let mut told: Vec<String> = names
        .filter_map(|name| {
            let SpeltVariable { flag, .. } = spelt(&name)?;
            let is_read = flags.contains(&flag.as_str());
            if is_read && name == variable(&flag) {
                return None;
            }
            let meant = if is_read { flag.as_str() } else { nearest(&flag, &flags)? };
            Some(misspelt(&name, meant))
        })
        .collect();
    told.sort();
    told
}

/// Returns the one of `flags` that is the nearest, if it is near.
fn nearest<'a>(given: &str, flags: &[&'a str]) -> Option<&'a str> {
    // Of a short word, two letters are most.
    let most = SLIP.min(given.len() / 4);
    let distances = flags.iter().map(|flag| (strsim::osa_distance(given, flag), *flag));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, flag)| flag)
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;
    use crate::ServeArgs;

    #[test]
    fn a_provider_tells_of_a_slip_and_not_of_what_the_controller_beside_it_reads() {
        let command = ServeArgs::augment_args(clap::Command::new("p"));
        let told = |name: &str| slips(&command, std::iter::once(name.to_owned()));
        for (name, meant) in [
            ("EXTERNAL_DNS_LISTEN_TOKEN_FILES", "EXTERNAL_DNS_LISTEN_TOKEN_FILE"),
            ("EXTERNAL_DNS_LISTEN_TOKENFILE", "EXTERNAL_DNS_LISTEN_TOKEN_FILE"),
            ("EXTERNALDNS_LISTEN", "EXTERNAL_DNS_LISTEN"),
            ("SIGNPOST_LOG_LEVEL", "EXTERNAL_DNS_LOG_LEVEL"),
            ("external_dns_config", "EXTERNAL_DNS_CONFIG"),
        ] {
            assert_eq!(
                told(name),
                [format!("nothing reads the variable `{name}`; did you mean `{meant}`?")]
            );
        }
        for name in [
            "EXTERNAL_DNS_LISTEN",
            "EXTERNAL_DNS_INTERVAL",
            "EXTERNAL_DNS_SOURCE",
            "EXTERNAL_DNS_POLICY",
            "EXTERNAL_DNS_SERVICE_HOST",
            "EXTERNAL_DNS_PORT_7979_TCP_ADDR",
            "EXTERNAL_DNS_",
            "LISTEN",
            "HOME",
        ] {
            assert!(told(name).is_empty(), "{name}");
        }
    }
}
