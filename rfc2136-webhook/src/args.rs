//! The command line, and the environment that stands in for it.
//!
//! Flags that ExternalDNS has keep its names, its variables (`EXTERNAL_DNS_…`) and its grammar, as
//! far as they mean the same; the others are refused with a sentence.

mod elsewhere;
mod reloaded;
mod tls;
mod values;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args as _, CommandFactory as _, Parser, Subcommand};
use daemon::{CommandLine, Complaints, ServeArgs};

pub use self::elsewhere::ElsewhereArgs;
pub use self::reloaded::reloaded;
pub use self::tls::TlsArgs;
pub(crate) use self::values::address;
pub use self::values::{ForZone, ZoneId};

/// Serves name servers that take DNS UPDATE to external-dns controllers over the webhook protocol.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "rfc2136-webhook",
    version,
    args_override_self = false,
    subcommand_negates_reqs = true,
    after_help = "Every flag has an environment variable, shown in brackets. Lists are given by repeating the\n\
                  flag, or one to a line in the variable. They can also stand in the file of --config,\n\
                  which is read again when it changes and on SIGHUP."
)]
pub struct Args {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags about serving.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Flags about name servers and zones.
    #[command(flatten)]
    pub zones: ZoneArgs,
    /// Flags about keys.
    #[command(flatten)]
    pub keys: KeyArgs,
    /// Flags about TLS to name servers.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Flags about records.
    #[command(flatten)]
    pub records: RecordArgs,
    /// Flags that have no meaning here.
    #[command(flatten)]
    pub elsewhere: ElsewhereArgs,
}

/// What to do instead of serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Try everything that the given flags need of each name server, without a change, and print what
    /// is missing.
    Check,
}

/// Flags about name servers and zones.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Name servers and zones")]
pub struct ZoneArgs {
    /// Name server, by name or address; of several the first that answers is asked
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_HOST", value_delimiter = '\n', value_parser = values::host, value_name = "HOST")]
    pub rfc2136_host: Vec<String>,
    /// Port of the name servers, where none is said; 0 for 53, and 853 with --rfc2136-use-tls
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_PORT",
        default_value_t = 0,
        value_name = "PORT"
    )]
    pub rfc2136_port: u16,
    /// Zone to serve; ZONE@VIEW where several name servers or views have one of that name
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_ZONE", value_delimiter = '\n', value_parser = values::zone, value_name = "ZONE")]
    pub rfc2136_zone: Vec<ZoneId>,
    /// Name server of this zone, in place of --rfc2136-host: ZONE=HOST or ZONE=HOST:PORT
    #[arg(long, global = true, env = "EXTERNAL_DNS_ZONE_SERVER", value_delimiter = '\n', value_parser = values::zone_server, value_name = "ZONE=HOST")]
    pub zone_server: Vec<ForZone>,
    /// How long a name server may be silent; a whole transfer may take 60 times as long
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_TIMEOUT", default_value = "5s", value_parser = daemon::duration, value_name = "DURATION")]
    pub rfc2136_timeout: Duration,
    /// Read the whole zone at least this often, although its serial stands; 0 for never
    #[arg(long, global = true, env = "EXTERNAL_DNS_FULL_READ_INTERVAL", default_value = "1h", value_parser = daemon::duration, value_name = "DURATION")]
    pub full_read_interval: Duration,
}

/// Flags about keys.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Keys")]
pub struct KeyArgs {
    /// Name of the key by which requests are signed (TSIG)
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_TSIG_KEYNAME", value_name = "NAME")]
    pub rfc2136_tsig_keyname: Option<String>,
    /// Secret of that key, in base64; better in a file, see --tsig-key-file
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_TSIG_SECRET",
        hide_env_values = true,
        value_name = "BASE64"
    )]
    pub rfc2136_tsig_secret: Option<String>,
    /// Algorithm of that key: hmac-sha256, hmac-sha384 or hmac-sha512
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_TSIG_SECRET_ALG",
        default_value = "hmac-sha256",
        value_name = "ALGORITHM"
    )]
    pub rfc2136_tsig_secret_alg: String,
    /// File with keys, as `tsig-keygen` or Knot's `keymgr -t` prints them, or one to a line as
    /// ALGORITHM:NAME:SECRET; read again when it changes
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_TSIG_KEY_FILE",
        value_delimiter = '\n',
        value_name = "FILE"
    )]
    pub tsig_key_file: Vec<PathBuf>,
    /// Key of this zone, by its name, in place of --rfc2136-tsig-keyname: ZONE=NAME
    #[arg(long, global = true, env = "EXTERNAL_DNS_ZONE_KEY", value_delimiter = '\n', value_parser = values::zone_key, value_name = "ZONE=NAME")]
    pub zone_key: Vec<ForZone>,
    /// Sign nothing, where name servers allow by address
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_INSECURE", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub rfc2136_insecure: bool,
    /// Sign updates and not transfers, where name servers allow those by address
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_UNSIGNED_AXFR", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub rfc2136_unsigned_axfr: bool,
}

/// Flags about records.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Records")]
pub struct RecordArgs {
    /// Least TTL; what wants less gets this
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_MIN_TTL", default_value = "0s", value_parser = values::ttl, value_name = "TTL")]
    pub rfc2136_min_ttl: u32,
    /// TTL of records that want none
    #[arg(long, global = true, env = "EXTERNAL_DNS_RFC2136_DEFAULT_TTL", default_value = "5m", value_parser = values::ttl, value_name = "TTL")]
    pub rfc2136_default_ttl: u32,
    /// Most changes in one message; 0 for no limit but the 64 kB that a message has
    #[arg(
        long,
        global = true,
        env = "EXTERNAL_DNS_RFC2136_BATCH_CHANGE_SIZE",
        default_value_t = 50,
        value_name = "NUMBER"
    )]
    pub rfc2136_batch_change_size: usize,
    /// Log changes and write nothing
    #[arg(long, global = true, env = "EXTERNAL_DNS_DRY_RUN", default_value = "false", default_missing_value = "true", num_args = 0..=1, require_equals = true, value_parser = daemon::toggle, value_name = "BOOL")]
    pub dry_run: bool,
}

impl CommandLine for Args {
    fn config(&self) -> Option<&Path> {
        self.serve.config.as_deref()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.keys.tsig_key_file.iter().chain(self.tls.files()).cloned().collect()
    }

    fn check(&self, complaints: &mut Complaints) {
        let Self { command: _, serve: _, zones, keys, tls, records: _, elsewhere } = self;
        elsewhere.check(complaints);
        tls.check(complaints);
        zones.check(complaints);
        keys.check(&zones.rfc2136_zone, complaints);
    }
}

impl ZoneArgs {
    /// Adds what contradicts itself.
    fn check(&self, complaints: &mut Complaints) {
        let Self { rfc2136_host: hosts, rfc2136_zone: zones, zone_server: servers, .. } = self;
        if zones.is_empty() {
            complaints.rule(
                &["rfc2136-zone"],
                "there is no zone to serve; give --rfc2136-zone, such as --rfc2136-zone=example.com",
            );
        }
        check_zones("zone-server", servers, zones, complaints);
        for (at, zone) in zones.iter().enumerate() {
            let id = zone.as_str();
            if zones.iter().take(at).any(|other| other.as_str() == id) {
                complaints.rule(
                    &["rfc2136-zone"],
                    format!(
                        "--rfc2136-zone has `{id}` twice; name one of them `{}@VIEW`",
                        zone.name()
                    ),
                );
            }
            let has_own = servers.iter().any(|server| server.zone.as_str() == id);
            if hosts.is_empty() && !has_own {
                complaints.rule(
                    &["rfc2136-host", "zone-server"],
                    format!(
                        "zone `{id}` has no name server; give --rfc2136-host, or --zone-server={id}=HOST"
                    ),
                );
            }
        }
    }
}

impl KeyArgs {
    /// Adds what contradicts itself, or is about none of `zones`.
    fn check(&self, zones: &[ZoneId], complaints: &mut Complaints) {
        const KEYS: [&str; 3] = ["tsig-key-file", "rfc2136-tsig-keyname", "rfc2136-insecure"];
        check_zones("zone-key", &self.zone_key, zones, complaints);
        if self.rfc2136_tsig_secret.is_some() && self.rfc2136_tsig_keyname.is_none() {
            complaints.rule(
                &["rfc2136-tsig-secret", "rfc2136-tsig-keyname"],
                "--rfc2136-tsig-secret is of no use without the name of its key; give \
                 --rfc2136-tsig-keyname",
            );
            return;
        }
        let has_key = self.rfc2136_tsig_keyname.is_some() || !self.tsig_key_file.is_empty();
        if !has_key && !self.rfc2136_insecure {
            complaints.rule(
                &KEYS,
                "there is no key to sign with; give --tsig-key-file or --rfc2136-tsig-keyname and \
                 --rfc2136-tsig-secret, or --rfc2136-insecure where name servers allow by address",
            );
        }
        if has_key && self.rfc2136_insecure {
            complaints.rule(
                &KEYS,
                "--rfc2136-insecure signs nothing, and there is a key; leave one of them",
            );
        }
    }
}

/// Adds what `flag` gives to zones that are none of `zones`.
fn check_zones(flag: &str, given: &[ForZone], zones: &[ZoneId], complaints: &mut Complaints) {
    let is_zone = |id: &str| zones.iter().any(|zone| zone.as_str() == id);
    for unused in given.iter().filter(|given| !is_zone(given.zone.as_str())) {
        let zone = unused.zone.as_str();
        complaints.rule(
            &[flag, "rfc2136-zone"],
            format!("--{flag} names `{zone}`, which is none of --rfc2136-zone; add it there"),
        );
    }
}

/// Returns all flags, for documentation.
pub fn command() -> clap::Command {
    ServeArgs::augment_args(Args::command())
}

#[cfg(test)]
mod tests;
