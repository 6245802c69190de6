//! Command lines and what they mean.

use daemon::UsageError;

use super::*;

const KEY: [&str; 2] = ["--rfc2136-tsig-keyname=home", "--rfc2136-tsig-secret=c2VjcmV0"];
const ZONE: [&str; 2] = ["--rfc2136-host=192.0.2.53", "--rfc2136-zone=Example.com."];

fn parse(args: &[&str]) -> Result<Args, UsageError> {
    Args::parse_words(["rfc2136-webhook"].iter().chain(args)).map(|(args, _)| args)
}

fn with(args: &[&str]) -> Result<Args, UsageError> {
    parse(&[&KEY, &ZONE, args].concat())
}

#[test]
fn what_external_dns_is_given_is_taken() {
    let args = with(&[
        "--rfc2136-port=5353",
        "--rfc2136-zone=k8s.example.org",
        "--rfc2136-tsig-secret-alg=hmac-sha512",
        "--rfc2136-tsig-axfr",
        "--rfc2136-min-ttl=60s",
        "--rfc2136-batch-change-size=20",
        "--rfc2136-load-balancing-strategy=disabled",
    ])
    .unwrap();
    let zones: Vec<_> = args.zones.rfc2136_zone.iter().map(ZoneId::as_str).collect();
    assert_eq!(zones, ["example.com", "k8s.example.org"]);
    assert_eq!((args.zones.rfc2136_port, args.records.rfc2136_min_ttl), (5353, 60));
    assert_eq!(args.records.rfc2136_batch_change_size, 20);
}

#[test]
fn what_is_done_otherwise_is_refused_with_what_to_do() {
    for (argument, words) in [
        ("--rfc2136-gss-tsig", "TSIG key of its own"),
        ("--rfc2136-kerberos-realm=EXAMPLE.COM", "TSIG key of its own"),
        ("--rfc2136-tsig-axfr=false", "--rfc2136-unsigned-axfr"),
        ("--rfc2136-create-ptr", "--create-ptr"),
        ("--rfc2136-load-balancing-strategy=round-robin", "primary first"),
        ("--rfc2136-skip-tls-verify", "--tls-pin"),
        ("--tls-ca=ca.crt", "add --rfc2136-use-tls"),
        ("--tls-pin=AAAA", "openssl x509"),
        ("--tls-server-name=a_b..c", "as it stands in the certificate"),
        ("--rfc2136-insecure", "leave one of them"),
        ("--rfc2136-zone=*.example.org", "write the name of the zone alone, such as `example.org`"),
        ("--rfc2136-zone=example.com", "`example.com@VIEW`"),
        ("--rfc2136-zone=a@", "such as `internal`"),
        ("--rfc2136-zone=a..b", "empty label"),
        ("--rfc2136-host=tcp://x", "HOST:PORT"),
        ("--rfc2136-host=x:0", "HOST:PORT"),
        ("--zone-key=example.org=k", "none of --rfc2136-zone"),
        ("--zone-server=example.com=", "ZONE=HOST:PORT"),
        ("--rfc2136-min-ttl=1 day", "length of time"),
        ("--rfc2136-min-ttl=3000000000", "2147483647"),
    ] {
        let text = with(&[argument]).unwrap_err().to_string();
        assert!(text.contains(words), "{argument}: {text}");
    }
}

#[test]
fn a_zone_a_server_and_a_key_are_required() {
    for (args, words) in [
        (vec![], "--rfc2136-zone"),
        (vec![ZONE[1]], "--rfc2136-host, or --zone-server=example.com=HOST"),
        (ZONE.to_vec(), "no key to sign with"),
        ([&ZONE[..], &[KEY[1]]].concat(), "--rfc2136-tsig-keyname"),
    ] {
        let text = parse(&args).unwrap_err().to_string();
        assert!(text.contains(words), "{args:?}: {text}");
    }
    assert!(parse(&[&ZONE[..], &["--rfc2136-insecure"]].concat()).is_ok());
    let own = ["--rfc2136-zone=a.org", "--zone-server=a.org=ns.a.org:5353", KEY[0], KEY[1]];
    assert!(parse(&own).is_ok());
}

#[test]
fn servers_are_written_with_a_port_or_without() {
    let told = |text: &str| address(text, 53).map(|address| address.to_string());
    assert_eq!(told("ns.example.com").as_deref(), Ok("ns.example.com:53"));
    assert_eq!(told("192.0.2.53:5353").as_deref(), Ok("192.0.2.53:5353"));
    assert_eq!(told("2001:db8::53").as_deref(), Ok("[2001:db8::53]:53"));
    assert_eq!(told("[2001:db8::53]:54").as_deref(), Ok("[2001:db8::53]:54"));
    for bad in ["", "a b", "ns:x", "[::1]54", "ns:70000"] {
        assert!(told(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_flag_that_names_what_guards_a_server_is_a_guard() {
    use clap::CommandFactory as _;
    let words = ["token", "cert", "key", "-ca-", "tls", "secret", "pin"];
    for argument in Args::command().get_arguments() {
        let Some(flag) = argument.get_long() else { continue };
        let padded = format!("{flag}-");
        // Empty, these leave a guard as it is.
        let is_other = ["rfc2136-tsig-secret-alg", "rfc2136-skip-tls-verify"].contains(&flag);
        let is_named =
            words.iter().any(|word| padded.contains(word)) && !is_other || flag == "config";
        assert_eq!(daemon::is_guard(argument), is_named, "--{flag}");
    }
}
