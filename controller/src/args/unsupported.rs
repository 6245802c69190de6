//! Flags of `ExternalDNS` that are not flags of the controller, and where they went.
//!
//! A flag that is silently ignored is a setting that someone relies on and does not have. So each
//! is answered: most with an error that says what to do instead, and those that never had an
//! effect with a warning.

use std::fmt;

use super::environment;

/// Where a flag went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// The provider has it; the text says which.
    Moved(&'static str),
    /// There is no such feature; the text says what to use instead.
    NotBuilt(&'static str),
    /// It is accepted and changes nothing; the text says why.
    NoEffect(&'static str),
}

/// A flag of `ExternalDNS`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// Its name without dashes; a final `*` stands for every name that begins so.
    name: &'static str,
    pub(super) whereabouts: Whereabouts,
}

/// A flag of `ExternalDNS` that someone used.
#[derive(Debug)]
pub(super) struct Mention {
    pub(super) flag: Flag,
    written: String,
}

const SIDECAR: Whereabouts = Whereabouts::Moved("give it to `route53-webhook`, the AWS provider");
const OTHER: Whereabouts = Whereabouts::Moved(
    "it belongs to a DNS provider; run that provider's webhook and give the setting to it",
);
const CLOUD_MAP: Whereabouts =
    Whereabouts::NotBuilt("AWS Cloud Map is not a provider of ours; use a webhook provider for it");

const FLAGS: &[Flag] = &[
    Flag { name: "aws-sd-*", whereabouts: CLOUD_MAP },
    Flag { name: "aws-*", whereabouts: SIDECAR },
    Flag { name: "zone-id-filter", whereabouts: SIDECAR },
    Flag {
        name: "zone-name-filter",
        whereabouts: Whereabouts::Moved("zones are chosen by the provider; give it to yours"),
    },
    Flag {
        name: "provider-cache-time",
        whereabouts: Whereabouts::NoEffect(
            "the sidecar keeps a snapshot of each zone, and the controller asks only for changes",
        ),
    },
    Flag { name: "batch-change-size", whereabouts: OTHER },
    Flag { name: "batch-change-interval", whereabouts: OTHER },
    Flag { name: "azure-*", whereabouts: OTHER },
    Flag { name: "google-*", whereabouts: OTHER },
    Flag { name: "cloudflare-*", whereabouts: OTHER },
    Flag { name: "alibaba-cloud-*", whereabouts: OTHER },
    Flag { name: "coredns-*", whereabouts: OTHER },
    Flag { name: "oci-*", whereabouts: OTHER },
    Flag { name: "inmemory-zone", whereabouts: OTHER },
    Flag { name: "ovh-*", whereabouts: OTHER },
    Flag { name: "pdns-*", whereabouts: OTHER },
    Flag { name: "ns1-*", whereabouts: OTHER },
    Flag { name: "godaddy-*", whereabouts: OTHER },
    Flag { name: "exoscale-*", whereabouts: OTHER },
    Flag { name: "pihole-*", whereabouts: OTHER },
    Flag { name: "rfc2136-*", whereabouts: OTHER },
    Flag { name: "tls-ca", whereabouts: OTHER },
    Flag { name: "tls-client-cert", whereabouts: OTHER },
    Flag { name: "tls-client-cert-key", whereabouts: OTHER },
    Flag {
        name: "webhook-server",
        whereabouts: Whereabouts::Moved(
            "a provider is a process of its own; run `route53-webhook` for Route 53",
        ),
    },
    Flag {
        name: "webhook-provider-read-header-timeout",
        whereabouts: Whereabouts::Moved("it is about serving; give it to the provider"),
    },
    Flag {
        name: "webhook-provider-idle-timeout",
        whereabouts: Whereabouts::Moved("it is about serving; give it to the provider"),
    },
    Flag {
        name: "dynamodb-*",
        whereabouts: Whereabouts::NotBuilt(
            "ownership is kept in TXT records; use `--registry=txt`",
        ),
    },
    Flag {
        name: "crd-registry-namespace",
        whereabouts: Whereabouts::NotBuilt(
            "ownership is kept in TXT records; use `--registry=txt`",
        ),
    },
    Flag {
        name: "txt-cache-interval",
        whereabouts: Whereabouts::NoEffect(
            "records are kept between passes and patched by our own writes",
        ),
    },
    Flag {
        name: "txt-new-format-only",
        whereabouts: Whereabouts::NoEffect("only the new format is written"),
    },
    Flag {
        name: "crd-source-apiversion",
        whereabouts: Whereabouts::NoEffect("DNSEndpoints are read as externaldns.k8s.io/v1alpha1"),
    },
    Flag {
        name: "crd-source-kind",
        whereabouts: Whereabouts::NoEffect("DNSEndpoints are the only kind of this source"),
    },
    Flag {
        name: "kube-api-qps",
        whereabouts: Whereabouts::NoEffect("objects are watched, so there are few requests"),
    },
    Flag {
        name: "kube-api-burst",
        whereabouts: Whereabouts::NoEffect("objects are watched, so there are few requests"),
    },
    Flag {
        name: "connector-source-server",
        whereabouts: Whereabouts::NotBuilt(
            "the `connector` source is not supported; use DNSEndpoints and `--source=crd`",
        ),
    },
];

/// Returns where the `ExternalDNS` flag `name` (without dashes) went; `None` when it is unknown.
pub fn whereabouts(name: &str) -> Option<Whereabouts> {
    find(name).map(|it| it.whereabouts)
}

/// Returns the flags of `ExternalDNS` in `words` and in the environment.
pub(super) fn mentioned(words: &[String], lookup: &dyn Fn(&str) -> Option<String>) -> Vec<Mention> {
    let on_command_line = words.iter().filter_map(|word| {
        let name = name_of(word)?;
        let flag = find(name).or_else(|| find(name.strip_prefix("no-")?))?;
        Some(Mention { flag, written: format!("--{name}") })
    });
    let in_environment = EXACT_VARIABLES.iter().chain(FLAGS.iter().map(|it| &it.name));
    let in_environment = in_environment.filter_map(|name| {
        let variable = environment::variable(name);
        lookup(&variable).filter(|it| !it.is_empty())?;
        Some(Mention { flag: find(name)?, written: variable })
    });
    on_command_line.chain(in_environment).collect()
}

/// Returns `words` without the flags that are accepted and change nothing, and their values.
pub(super) fn without_idle(words: Vec<String>) -> Vec<String> {
    let mut kept = Vec::with_capacity(words.len());
    let mut value_follows = false;
    for word in words {
        if std::mem::take(&mut value_follows) && !word.starts_with("--") {
            continue;
        }
        let found = name_of(&word).and_then(find);
        if found.is_some_and(|it| matches!(it.whereabouts, Whereabouts::NoEffect(_))) {
            value_follows = !word.contains('=');
        } else {
            kept.push(word);
        }
    }
    kept
}

/// The variables of the AWS flags, which most people who move here have set.
const EXACT_VARIABLES: &[&str] = &[
    "aws-zone-type",
    "aws-zone-tags",
    "aws-profile",
    "aws-assume-role",
    "aws-assume-role-external-id",
    "aws-batch-change-size",
    "aws-batch-change-size-bytes",
    "aws-batch-change-size-values",
    "aws-batch-change-interval",
    "aws-evaluate-target-health",
    "aws-api-retries",
    "aws-prefer-cname",
    "aws-zones-cache-duration",
    "aws-zone-match-parent",
];

fn name_of(word: &str) -> Option<&str> {
    let name = word.strip_prefix("--")?;
    Some(name.split_once('=').map_or(name, |(name, _)| name))
}

fn find(name: &str) -> Option<Flag> {
    FLAGS
        .iter()
        .find(|it| match it.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => it.name == name,
        })
        .copied()
}

impl fmt::Display for Mention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flag, written } = self;
        match flag.whereabouts {
            Whereabouts::Moved(to) => {
                write!(f, "`{written}` is not a flag of the controller: {to}")
            }
            Whereabouts::NotBuilt(instead) => write!(f, "`{written}` is not supported: {instead}"),
            Whereabouts::NoEffect(why) => write!(f, "`{written}` has no effect: {why}"),
        }
    }
}
