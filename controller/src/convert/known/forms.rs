//! How the values of our providers' flags are written, where a pattern can say it: the chart and `signpost convert` both
//! refuse by it what the provider would end with.
//!
//! The providers cannot be dependencies of this program, so a test of all three holds these to what they take.

/// A flag, how its value is written, and what is said of one that is written otherwise: it takes ….
type Form = (&'static str, &'static str, &'static str);

/// A number from 1 to 1,000: AWS takes no more changes or values in one batch.
const THOUSAND: &str = "^0*([1-9][0-9]{0,2}|1000)$";

/// A number from 1 to 32,000: AWS takes no more characters in one batch.
const CHARACTERS: &str = "^0*([1-9][0-9]{0,3}|[12][0-9]{4}|3[01][0-9]{3}|32000)$";

const ROLE: &str = r"^\s*(arn:aws[^:]*:iam::[0-9]{12}:role/([^\s].*)?[^/\s])?\s*$";

const ZONE: &str = r"(([^\s.@*=/]{1,63}[.])*[^\s.@*=/]{1,63}|([^\s.@*:=]{1,63}[.])*[^\s.@*:=]{1,63})[.]?(@[A-Za-z0-9_-]+)?";

const PORT: &str =
    "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

const TTL: &str = "^([0-9]{1,9}|([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|ms|s|m|h)(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|ms|s|m|h))*)$";

/// Returns how the value of a flag of our providers is written, and what is said of one that is not; `None` where
/// a pattern does not say it.
pub(super) fn of(flag: &str) -> Option<(String, &'static str)> {
    let (_, pattern, says) = FORMS.iter().find(|(name, ..)| *name == flag)?;
    let host = r"(\[[^\s/@=,\]]+\](:PORT)?|[^\s/@=,:]+(:PORT)?|[^\s/@=,:]*(:[^\s/@=,:]*){2,})"
        .replace("PORT", PORT);
    Some((pattern.replace("ZONE", ZONE).replace("SERVER", &host), says))
}

const FORMS: [Form; 20] = [
    ("aws-assume-role", ROLE, "the ARN of a role, such as arn:aws:iam::123456789012:role/dns"),
    ("aws-batch-change-size", THOUSAND, "a number from 1 to 1000, as AWS does"),
    ("aws-batch-change-size-bytes", CHARACTERS, "a number from 1 to 32000, as AWS does"),
    ("aws-batch-change-size-values", THOUSAND, "a number from 1 to 1000, as AWS does"),
    ("aws-zone-tags", r"^\s*([^=]*[^=\s][^=]*(=.*)?)?$", "KEY or KEY=VALUE"),
    (
        "zone-id-filter",
        r"^\s*(/hostedzone/)?[A-Z0-9]{0,32}\s*$",
        "ids of zones, which have capital letters and digits, such as Z0123456789ABC, each by itself",
    ),
    (
        "zone-role",
        r"^\s*(/hostedzone/)?[A-Z0-9]{1,32}\s*=\s*arn:aws[^:]*:iam::[0-9]{12}:role/([^\s].*)?[^/\s]\s*$",
        "ZONEID=ARN, such as Z0123456789ABC=arn:aws:iam::123456789012:role/dns",
    ),
    ("rfc2136-default-ttl", TTL, "a length of time, such as `5m`, or seconds"),
    ("rfc2136-host", r"^\s*SERVER\s*$", "HOST or HOST:PORT, such as 192.0.2.53"),
    (
        "rfc2136-load-balancing-strategy",
        "^disabled$",
        "`disabled` alone: the servers are asked in order, so put the primary first",
    ),
    ("rfc2136-min-ttl", TTL, "a length of time, such as `60s`, or seconds"),
    (
        "rfc2136-port",
        "^[+]?0*([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$",
        "a port, up to 65535",
    ),
    (
        "rfc2136-tsig-secret-alg",
        r"(?i)^\s*hmac-sha(256|384|512)[.]?\s*$",
        "hmac-sha256, hmac-sha384 or hmac-sha512",
    ),
    (
        "rfc2136-tsig-keyname",
        "^([^.]{1,63}[.])*[^.]{1,63}[.]?$",
        "the name of a key, such as `home-key`",
    ),
    ("rfc2136-zone", r"^\s*ZONE\s*$", "the name of a zone alone, such as example.com"),
    (
        "shard",
        r"^\s*0*([1-9][0-9]{0,2}|1000)/0*([1-9][0-9]{0,2}|1000)\s*$",
        "which part it is and how many there are, such as 1/4",
    ),
    (
        "tls-pin",
        "^\\s*(sha256//|sha256/|pin-sha256=)?\"*[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\"*\\s*$",
        "the SHA-256 of a server's key in base64, such as `openssl` prints it",
    ),
    (
        "tls-server-name",
        r"^\s*([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?([.][A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*[.]?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\s*$",
        "the name or the address that stands in the server's certificate",
    ),
    ("zone-key", r"^\s*ZONE\s*=.*\S.*$", "ZONE=NAME, such as example.com=home-key"),
    (
        "zone-server",
        r"^\s*ZONE\s*=\s*SERVER\s*$",
        "ZONE=HOST or ZONE=HOST:PORT, such as example.com=192.0.2.53",
    ),
];
