//! The media type of the protocol, and how forgiving we are about it.

/// The media type of every body, byte for byte: existing controllers compare it as text.
pub const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

/// Tells whether a `Content-Type` names version 1 of the protocol.
///
/// Spaces around the semicolon, letter case and a quoted version are all the same media type
/// ([RFC 9110] §8.3.1), so they all pass, although existing controllers accept only one spelling.
///
/// ```
/// use external_dns_webhook::media_type::is_protocol;
///
/// assert!(is_protocol("application/external.dns.webhook+json; version=1"));
/// assert!(!is_protocol("application/json"));
/// ```
///
/// [RFC 9110]: https://datatracker.ietf.org/doc/html/rfc9110#section-8.3.1
pub fn is_protocol(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    essence.eq_ignore_ascii_case("application/external.dns.webhook+json")
        && parts.any(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                name.trim().eq_ignore_ascii_case("version") && value.trim().trim_matches('"') == "1"
            })
        })
}
