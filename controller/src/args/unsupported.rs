//! Flags of `ExternalDNS` that are not flags of the controller, and where they went.
//!
//! A flag that is silently ignored is a setting that someone relies on and does not have. So each
//! is answered: most with an error that says what to do instead, and those that change nothing with
//! a warning.

mod flags;

use std::fmt;

use self::flags::FLAGS;

/// Where a flag went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// The provider has it; the text says which.
    Moved(&'static str),
    /// There is no such feature; the text says what to use instead.
    NotBuilt(&'static str),
    /// It is accepted and changes nothing; the text says why.
    NoEffect(&'static str),
    /// A toggle that changes nothing when it is on.
    NoEffectWhenSet {
        /// Why it changes nothing.
        why: &'static str,
        /// What to use instead of turning it off.
        otherwise: &'static str,
    },
}

impl Whereabouts {
    /// Returns the text: where it went, what to use instead, or why it changes nothing.
    pub fn why(self) -> &'static str {
        match self {
            Self::Moved(text) | Self::NotBuilt(text) | Self::NoEffect(text) => text,
            Self::NoEffectWhenSet { why, otherwise: _ } => why,
        }
    }
}

/// What was found in words or variables.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// The words that are left.
    pub(super) words: Vec<String>,
    /// What cannot be done as asked, and what to do instead.
    pub(super) refusals: Vec<String>,
    /// What changes nothing.
    pub(super) warnings: Vec<String>,
    /// Words that are left behind a flag that is refused, and may be its value.
    pub(super) perhaps: Vec<String>,
}

/// A flag of `ExternalDNS` that someone used.
struct Mention<'a> {
    whereabouts: Whereabouts,
    written: &'a str,
    /// Whether it is a toggle that is turned off.
    is_off: bool,
}

/// Returns where the `ExternalDNS` flag `name` (without dashes) went; `None` when it is unknown.
pub fn whereabouts(name: &str) -> Option<Whereabouts> {
    let is_named = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    };
    FLAGS
        .iter()
        .find(|group| group.names.iter().any(|name| is_named(name)))
        .map(|flag| flag.whereabouts)
}

/// Tells whether `route53-webhook` has the flag `name` (without dashes), and the controller has not.
pub fn is_of_sidecar(name: &str) -> bool {
    let is_named = |group: &&flags::Group| group.names.contains(&name);
    FLAGS.iter().find(is_named).is_some_and(|group| group.whereabouts == flags::SIDECAR)
}

/// Returns every flag of `ExternalDNS` that is none of the controller's, and where it went; a name that
/// ends in `*` is about all that begin so.
pub fn flags_elsewhere() -> impl Iterator<Item = (&'static str, Whereabouts)> {
    FLAGS.iter().flat_map(|group| group.names.iter().map(move |name| (*name, group.whereabouts)))
}

/// Takes the flags of `ExternalDNS` out of `words`, with the values of those that change nothing; those of
/// others are noted.
pub(super) fn take(words: Vec<String>) -> Taken {
    let mut taken = Taken::default();
    let mut before = None;
    for word in words {
        match before.take().filter(|_| !word.starts_with('-')) {
            // Those that change nothing and take a value are known.
            Some(Whereabouts::NoEffect(_)) => continue,
            Some(Whereabouts::Moved(_) | Whereabouts::NotBuilt(_)) => {
                taken.perhaps.push(word.clone());
            }
            Some(Whereabouts::NoEffectWhenSet { .. }) | None => {}
        }
        let name = word.strip_prefix("--").unwrap_or_default();
        let (name, value) = name.split_once('=').unwrap_or((name, ""));
        let positive = name.strip_prefix("no-");
        let found = whereabouts(name).map(|whereabouts| (whereabouts, false));
        let found = found.or_else(|| Some((whereabouts(positive?)?, true)));
        let Some((whereabouts, is_negated)) = found else {
            taken.words.push(word);
            continue;
        };
        let is_off = is_negated || daemon::toggle(value) == Ok(false);
        before = (!is_negated && !word.contains('=')).then_some(whereabouts);
        taken.note(&Mention { whereabouts, written: &format!("--{name}"), is_off });
    }
    taken
}

/// Adds what variables set.
pub(super) fn take_variables(lookup: &dyn Fn(&str) -> Option<String>, taken: &mut Taken) {
    let names = FLAGS.iter().flat_map(|group| group.names.iter().map(move |name| (group, name)));
    for (group, name) in names.filter(|(_, name)| !name.ends_with('*')) {
        let variable = daemon::variable(name);
        let Some(value) = lookup(&variable).filter(|value| !value.is_empty()) else { continue };
        let is_off = daemon::toggle(&value) == Ok(false);
        taken.note(&Mention { whereabouts: group.whereabouts, written: &variable, is_off });
    }
}

impl Taken {
    fn note(&mut self, mention: &Mention<'_>) {
        let list = match mention.whereabouts {
            Whereabouts::Moved(_) | Whereabouts::NotBuilt(_) => &mut self.refusals,
            Whereabouts::NoEffectWhenSet { .. } if mention.is_off => &mut self.refusals,
            Whereabouts::NoEffect(_) | Whereabouts::NoEffectWhenSet { .. } => &mut self.warnings,
        };
        let told = mention.to_string();
        if !list.contains(&told) {
            list.push(told);
        }
    }
}

impl fmt::Display for Mention<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { whereabouts, written, is_off } = self;
        match whereabouts {
            Whereabouts::Moved(to) => {
                write!(f, "`{written}` is not a flag of the controller: {to}")
            }
            Whereabouts::NotBuilt(instead) => write!(f, "`{written}` is not supported: {instead}"),
            Whereabouts::NoEffectWhenSet { why: _, otherwise } if *is_off => {
                write!(f, "`{written}` cannot turn it off: {otherwise}")
            }
            Whereabouts::NoEffect(why) | Whereabouts::NoEffectWhenSet { why, otherwise: _ } => {
                write!(f, "`{written}` has no effect: {why}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(words: &[&str]) -> Taken {
        take(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn the_old_switch_of_a_traefik_group_says_what_became_of_it() {
        for on in ["--traefik-disable-legacy", "--traefik-disable-legacy=true"] {
            let taken = taken(&[on, "--source=traefik-proxy"]);
            assert_eq!((taken.words.len(), taken.refusals.len()), (1, 0), "{on}");
            assert!(taken.warnings[0].contains("--traefik-enable-legacy"), "{taken:?}");
        }
        for off in ["--no-traefik-disable-legacy", "--traefik-disable-legacy=false"] {
            let taken = taken(&[off]);
            assert!(taken.refusals[0].contains("--traefik-enable-legacy"), "{taken:?}");
        }
    }

    #[test]
    fn every_flag_is_taken_with_its_value_and_told_once() {
        let words = ["run", "--aws-zone-type", "public", "--aws-zone-tags=a", "--aws-zone-tags=b"];
        let more = ["--pdns-server", "--kube-api-qps", "5", "--source", "service"];
        let taken = taken(&[&words[..], &more[..]].concat());
        // What is told may take no value: the grammar says whether there is a word too many.
        assert_eq!(taken.words, ["run", "public", "--source", "service"]);
        assert_eq!(taken.perhaps, ["public"]);
        assert_eq!((taken.refusals.len(), taken.warnings.len()), (3, 1), "{taken:?}");
    }

    #[test]
    fn flags_about_name_servers_name_their_provider_and_what_it_takes() {
        for (word, expected) in [
            ("--rfc2136-host=ns", "which has a flag of this name"),
            ("--rfc2136-tsig-secret=x", "`--tsig-key-file`"),
            ("--rfc2136-use-tls", "which has a flag of this name"),
            ("--rfc2136-skip-tls-verify", "`--tls-pin`"),
            ("--rfc2136-tsig-secret-alg=hmac-sha256", "which has a flag of this name"),
            ("--rfc2136-something-new=1", "see its `--help`"),
            ("--no-rfc2136-tsig-axfr", "`--rfc2136-unsigned-axfr`"),
            ("--rfc2136-create-ptr", "`--create-ptr`"),
            ("--rfc2136-kerberos-realm=R", "`--tsig-key-file`"),
            ("--rfc2136-load-balancing-strategy=random", "put the primary first"),
        ] {
            let [refusal] = &taken(&[word]).refusals[..] else { panic!("{word}") };
            assert!(refusal.contains("`rfc2136-webhook`"), "{refusal}");
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn variables_of_every_provider_are_answered() {
        let lookup = |name: &str| {
            ["EXTERNAL_DNS_PDNS_API_KEY", "EXTERNAL_DNS_AWS_ZONE_TYPE", "EXTERNAL_DNS_CF_USERNAME"]
                .contains(&name)
                .then(|| "secret".to_owned())
        };
        let mut taken = Taken::default();
        take_variables(&lookup, &mut taken);
        assert_eq!(taken.refusals.len(), 3, "{taken:?}");
        assert!(!taken.refusals.concat().contains("secret"));
    }
}
