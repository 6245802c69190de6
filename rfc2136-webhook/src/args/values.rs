//! How values of flags are read.

use crate::exchange::Address;
use crate::name;

/// The id of a zone: its name, and `@VIEW` where there are several of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneId(String);

/// What a flag says about one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForZone {
    /// Which zone.
    pub zone: ZoneId,
    /// What is said.
    pub value: String,
}

impl ZoneId {
    /// Returns the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the zone.
    pub fn name(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

/// Reads a zone: its name, in any spelling, and a view.
pub(super) fn zone(text: &str) -> Result<ZoneId, String> {
    let (given, view) = match text.trim().split_once('@') {
        Some((given, view)) => (given, Some(view)),
        None => (text.trim(), None),
    };
    if given.starts_with("*.") || given.contains("://") {
        return Err(format!(
            "write the name of the zone alone, such as `{}`",
            given.trim_start_matches("*.").rsplit("://").next().unwrap_or_default()
        ));
    }
    let is_good = |view: &str| {
        !view.is_empty()
            && view.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if view.is_some_and(|view| !is_good(view)) {
        return Err(
            "what follows `@` has letters, digits, `-` and `_`, such as `internal`".to_owned()
        );
    }
    let name = name::from_dns_name(&given.into()).map_err(|error| error.to_string())?;
    if name.is_root() {
        return Err("use the name of a zone, such as example.com".to_owned());
    }
    let name = name::to_text(&name);
    Ok(ZoneId(view.map_or_else(|| name.clone(), |view| format!("{name}@{view}"))))
}

fn for_zone(text: &str, usage: &str) -> Result<ForZone, String> {
    let (zone, value) = text.split_once('=').ok_or(usage)?;
    let value = value.trim().to_owned();
    if value.is_empty() {
        return Err(usage.to_owned());
    }
    Ok(ForZone { zone: self::zone(zone)?, value })
}

/// Reads the key of a zone.
pub(super) fn zone_key(text: &str) -> Result<ForZone, String> {
    for_zone(text, "use ZONE=NAME, such as example.com=home-key")
}

/// Reads the server of a zone.
pub(super) fn zone_server(text: &str) -> Result<ForZone, String> {
    let given = for_zone(text, "use ZONE=HOST or ZONE=HOST:PORT, such as example.com=192.0.2.53")?;
    address(&given.value, 53)?;
    Ok(given)
}

/// Reads a name server; a port may follow.
pub(super) fn host(text: &str) -> Result<String, String> {
    address(text, 53)?;
    Ok(text.trim().to_owned())
}

/// Returns where a name server is: `HOST`, `HOST:PORT`, `2001:db8::1` or `[2001:db8::1]:PORT`.
///
/// # Errors
///
/// Returns how to write it.
pub(crate) fn address(text: &str, port: u16) -> Result<Address, String> {
    let text = text.trim();
    let usage = || format!("`{text}` is no name server; use HOST or HOST:PORT, such as 192.0.2.53");
    let (host, given) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or_else(usage)?)),
        None if text.matches(':').count() == 1 => {
            text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
        }
        None => (text, None),
    };
    let port = match given {
        Some(given) => given.parse().ok().filter(|port| *port > 0).ok_or_else(usage)?,
        None => port,
    };
    let is_good = |host: &str| {
        !host.is_empty()
            && !host.contains(|letter: char| letter.is_whitespace() || "/@=,".contains(letter))
    };
    if !is_good(host) {
        return Err(usage());
    }
    Ok(Address { host: host.to_owned(), port })
}

/// Reads a TTL: a length of time, or seconds.
pub(super) fn ttl(text: &str) -> Result<u32, String> {
    let seconds = match text.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => daemon::duration(text.trim()).map_err(|error| error.to_string())?.as_secs(),
    };
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds <= i32::MAX.unsigned_abs())
        .ok_or_else(|| "DNS has no TTL above 2147483647 seconds".to_owned())
}
