//! From flags to zones, their servers and their keys.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::args::{Args, KeyArgs, RecordArgs, TlsArgs, ZoneArgs, ZoneId, address};
use crate::exchange::{Exchange, system_clock};
use crate::fault::WHOLE_ANSWER;
use crate::metrics::Metrics;
use crate::name;
use crate::tls::{self, Tls, server_name};
use crate::tsig::{Algorithm, Key, parse_key_file};
use crate::update::Ttls;
use crate::writes::Settings;
use crate::zone::{Zone, ZoneConfig};

/// Returns how records are written.
pub(super) fn records(args: &RecordArgs) -> Settings {
    // No `..`: a new flag must be given a meaning here before the crate compiles.
    let RecordArgs { rfc2136_min_ttl, rfc2136_default_ttl, rfc2136_batch_change_size, dry_run } =
        args;
    let ttls = Ttls { unsaid: *rfc2136_default_ttl, least: *rfc2136_min_ttl };
    Settings { ttls, most_changes: *rfc2136_batch_change_size, dry_run: *dry_run }
}

/// Returns the zones that are served; reads the files of their keys.
///
/// # Errors
///
/// Returns an error that names the flag, and never a secret.
pub(super) fn zones(args: &Args, metrics: &Metrics) -> anyhow::Result<Vec<Zone>> {
    let ZoneArgs {
        rfc2136_host,
        rfc2136_port,
        rfc2136_zone,
        zone_server,
        rfc2136_timeout,
        full_read_interval,
    } = &args.zones;
    let keys = Keys::read(&args.keys)?;
    let metrics = metrics.clone();
    let timeout = (*rfc2136_timeout).max(Duration::from_millis(1));
    let exchange = Exchange {
        timeout,
        deadline: timeout.saturating_mul(WHOLE_ANSWER),
        clock: system_clock,
        observer: Arc::new(move |attempt| metrics.attempted(attempt)),
        tls: encryption(&args.tls)?,
    };
    let usual = if exchange.tls.is_some() { tls::PORT } else { 53 };
    let port = if *rfc2136_port == 0 { usual } else { *rfc2136_port };
    let full_read_interval = (!full_read_interval.is_zero()).then_some(*full_read_interval);
    let one = |id: &ZoneId| {
        let own: Vec<_> = zone_server
            .iter()
            .filter(|server| server.zone == *id)
            .map(|server| &server.value)
            .collect();
        let hosts = if own.is_empty() { rfc2136_host.iter().collect() } else { own };
        let servers: Result<_, String> = hosts.iter().map(|host| address(host, port)).collect();
        let config = ZoneConfig {
            id: id.as_str().to_owned(),
            name: name::parse(id.name())?,
            servers: servers.map_err(anyhow::Error::msg)?,
            key: keys.of(id)?,
            unsigned_transfer: args.keys.rfc2136_unsigned_axfr,
        };
        Ok(Zone::new(config, exchange.clone(), full_read_interval))
    };
    let zones = rfc2136_zone.iter().map(one).collect::<anyhow::Result<Vec<Zone>>>()?;
    check_apart(&zones)?;
    Ok(zones)
}

/// Returns how servers are talked to by TLS; `None` when they are not.
fn encryption(args: &TlsArgs) -> anyhow::Result<Option<Tls>> {
    if !args.rfc2136_use_tls {
        return Ok(None);
    }
    let name = args.tls_server_name.as_deref().map(server_name).transpose();
    let name = name.map_err(anyhow::Error::msg).context("--tls-server-name")?;
    let tls = Tls::new(&args.trust(), name, args.identity().as_ref());
    Ok(Some(tls.context("--rfc2136-use-tls")?))
}

/// Fails when two zones of one name would be the same one of a server: what is written to one would
/// be taken away by the other.
fn check_apart(zones: &[Zone]) -> anyhow::Result<()> {
    let mut seen = HashMap::new();
    for zone in zones {
        let ZoneConfig { id, name, servers, key, .. } = &zone.config;
        for server in servers {
            let reached_by = (name, server, key.as_ref().map(|key| key.name()));
            if let Some(other) = seen.insert(reached_by, id)
                && other != id
            {
                bail!(
                    "zones `{other}` and `{id}` are both asked of {server} with {}, so they are one \
                     zone there; give each its key (--zone-key={id}=NAME) or its server \
                     (--zone-server={id}=HOST)",
                    key.as_ref().map_or("no key".to_owned(), |key| format!("key `{}`", key.name()))
                );
            }
        }
    }
    Ok(())
}

/// The keys that the flags give, and which zone has which.
struct Keys<'a> {
    all: Vec<Arc<Key>>,
    args: &'a KeyArgs,
}

impl<'a> Keys<'a> {
    fn read(args: &'a KeyArgs) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        if let (Some(name), Some(secret)) = (&args.rfc2136_tsig_keyname, &args.rfc2136_tsig_secret)
        {
            let algorithm = Algorithm::parse(&args.rfc2136_tsig_secret_alg)
                .context("--rfc2136-tsig-secret-alg")?;
            let key = Key::new(name, algorithm, secret).context("--rfc2136-tsig-secret")?;
            all.push(Arc::new(key));
        }
        for path in &args.tsig_key_file {
            let flag = || format!("--tsig-key-file={}", path.display());
            let text = input_files::read_text(path).with_context(flag)?;
            all.extend(parse_key_file(&text).with_context(flag)?.into_iter().map(Arc::new));
        }
        Ok(Self { all, args })
    }

    /// Returns the key of a zone; `None` when nothing is signed.
    fn of(&self, zone: &ZoneId) -> anyhow::Result<Option<Arc<Key>>> {
        let own = self.args.zone_key.iter().find(|key| key.zone == *zone);
        let (flag, named) = match (own, &self.args.rfc2136_tsig_keyname) {
            (Some(own), _) => ("--zone-key", own.value.as_str()),
            (None, Some(name)) => ("--rfc2136-tsig-keyname", name.as_str()),
            (None, None) => {
                return match self.all.as_slice() {
                    [] => Ok(None),
                    [only] => Ok(Some(Arc::clone(only))),
                    _ => bail!(
                        "zone `{0}` has no key, and there are several; give --zone-key={0}=NAME, or \
                         --rfc2136-tsig-keyname for all zones",
                        zone.as_str()
                    ),
                };
            }
        };
        let wanted = named.trim().trim_end_matches('.').to_lowercase();
        match self.all.iter().find(|key| key.name() == wanted) {
            Some(key) => Ok(Some(Arc::clone(key))),
            None => bail!(
                "{flag} names key `{named}`, which is in no --tsig-key-file and has no \
                 --rfc2136-tsig-secret"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use daemon::CommandLine as _;

    use super::*;

    fn zones_of(args: &[&str]) -> anyhow::Result<Vec<ZoneConfig>> {
        let words = ["rfc2136-webhook"].iter().chain(args);
        let (args, _) = Args::parse_words(words).unwrap();
        let zones = zones(&args, &Metrics::default())?;
        Ok(zones.into_iter().map(|zone| zone.config).collect())
    }

    #[test]
    fn each_zone_has_its_servers_and_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, "hmac-sha256:one:c2VjcmV0\nhmac-sha512:two:c2VjcmV0\n").unwrap();
        let file = format!("--tsig-key-file={}", path.display());
        let base = [
            "--rfc2136-host=192.0.2.1",
            "--rfc2136-host=192.0.2.2:5353",
            "--rfc2136-zone=a.org",
            "--rfc2136-zone=b.org@internal",
            "--zone-server=b.org@internal=[2001:db8::1]:54",
            file.as_str(),
        ];
        let several = zones_of(&base).unwrap_err().to_string();
        assert!(several.contains("--zone-key=a.org=NAME"), "{several}");
        let keyed = ["--rfc2136-tsig-keyname=One.", "--zone-key=b.org@internal=two"];
        let zones = zones_of(&[&base[..], &keyed].concat()).unwrap();
        let told: Vec<_> = zones
            .iter()
            .map(|zone| {
                let servers: Vec<_> = zone.servers.iter().map(ToString::to_string).collect();
                format!("{} {} {:?}", zone.id, servers.join(" "), zone.key.as_deref().unwrap())
            })
            .collect();
        assert_eq!(
            told,
            [
                "a.org 192.0.2.1:53 192.0.2.2:5353 Key(one hmac-sha256)",
                "b.org@internal [2001:db8::1]:54 Key(two hmac-sha512)",
            ]
        );
        let without_key = zones_of(&[&base[..], &["--rfc2136-tsig-keyname=three"]].concat());
        assert!(without_key.unwrap_err().to_string().contains("names key `three`"));
    }

    #[test]
    fn views_that_nothing_tells_apart_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, "hmac-sha256:one:c2VjcmV0\nhmac-sha256:two:c2VjcmV0\n").unwrap();
        let file = format!("--tsig-key-file={}", path.display());
        let views = [
            "--rfc2136-host=192.0.2.1",
            "--rfc2136-zone=a.org@inside",
            "--rfc2136-zone=A.org@outside",
            "--rfc2136-tsig-keyname=one",
            file.as_str(),
        ];
        let error = zones_of(&views).unwrap_err().to_string();
        assert!(error.contains("--zone-key=a.org@outside=NAME"), "{error}");
        let shared =
            ["--zone-server=A.org@outside=192.0.2.2", "--zone-server=A.org@outside=192.0.2.1"];
        assert!(zones_of(&[&views[..], &shared].concat()).is_err(), "one server of both");
        let apart = ["--zone-server=A.org@outside=192.0.2.2"];
        assert_eq!(zones_of(&[&views[..], &apart].concat()).unwrap().len(), 2);
        let keyed = ["--zone-key=A.org@outside=two"];
        assert_eq!(zones_of(&[&views[..], &keyed].concat()).unwrap().len(), 2);
    }

    #[test]
    fn a_file_that_has_no_keys_is_named() {
        let zone = ["--rfc2136-host=ns", "--rfc2136-zone=a.org", "--tsig-key-file=/nonexistent"];
        let error = format!("{:#}", zones_of(&zone).unwrap_err());
        assert!(error.contains("--tsig-key-file=/nonexistent: "), "{error}");
    }
}
