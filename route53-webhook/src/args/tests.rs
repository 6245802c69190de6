//! Command lines and variables of the sidecar, and what they mean.

use daemon::{LogLevel, UsageError};

use super::*;

fn parse(args: &[&str]) -> Result<Args, UsageError> {
    Args::parse_words(["route53-webhook"].iter().chain(args)).map(|(args, _)| args)
}

fn complaint(args: &[&str]) -> String {
    parse(args).unwrap_err().to_string()
}

#[test]
fn without_flags_it_serves_on_the_addresses_of_the_protocol() {
    let args = parse(&[]).unwrap();
    assert_eq!(args.command, None);
    assert_eq!(args.serve.listen, "127.0.0.1:8888");
    assert_eq!(args.serve.metrics_address, ":8080");
    assert!(args.records.aws_evaluate_target_health);
    assert!(!args.records.dry_run);
    let most = external_dns_webhook::server::MAX_BODY_SIZE_BYTES;
    assert_eq!(args.serve.webhook_provider_max_body_size, most);
}

#[test]
fn booleans_have_a_positive_and_a_negative_form() {
    let args = parse(&["--no-aws-evaluate-target-health", "--dry-run"]).unwrap();
    assert!(!args.records.aws_evaluate_target_health);
    assert!(args.records.dry_run);
}

#[test]
fn lists_are_given_by_repetition_and_not_by_commas() {
    let args = parse(&["--domain-filter=a.org", "--domain-filter", "c.org"]).unwrap();
    assert_eq!(args.zones.domain_filter, ["a.org", "c.org"]);
    let args = parse(&["--aws-zone-tags=a=1,2", "--aws-zone-tags=b"]).unwrap();
    assert_eq!(args.zones.aws_zone_tags, ["a=1,2", "b"]);
    let text = complaint(&["--domain-filter=a.org,b.org"]);
    assert!(text.contains("--domain-filter") && text.contains("a comma"), "{text}");
}

#[test]
fn a_value_that_could_match_nothing_is_refused_with_what_to_write() {
    for (argument, words) in [
        ("--domain-filter=*.example.com", "write `example.com`"),
        ("--domain-filter=https://example.com", "write `example.com`"),
        ("--exclude-domains=*.x.example.com", "write `x.example.com`"),
        ("--exclude-domains=a b", "white space"),
        ("--zone-id-filter=Z 1", "Z0123456789ABC"),
        ("--zone-id-filter=arn:aws:route53:::hostedzone/Z1", "write `Z1`"),
        ("--aws-zone-tags==x", "KEY=VALUE"),
        ("--aws-requests-per-second=-1", "0 is for no limit"),
        ("--aws-requests-per-second=NaN", "0 is for no limit"),
        ("--aws-assume-role=junk", "arn:aws:iam::123456789012:role/dns"),
        ("--aws-assume-role=arn:aws:iam::123456789012:user/dns", "ARN of a role"),
        ("--zone-role=Z 1=arn:aws:iam::123456789012:role/dns", "Z0123456789ABC"),
        ("--zone-role=Z1=arn:aws:iam::123456789012:dns", "ZONEID=ARN"),
    ] {
        let flag = argument.split('=').next().unwrap();
        let text = complaint(&[argument]);
        assert!(text.contains(flag) && text.contains(words), "{argument}: {text}");
        assert!(parse(&["iam-policy", argument]).is_err(), "{argument}");
    }
    for argument in [
        "--domain-filter=",
        "--domain-filter=.example.com",
        "--exclude-domains=M\u{fc}nchen.example.",
        "--zone-id-filter=",
        "--zone-id-filter=/hostedzone/Z1",
        "--zone-id-filter=9ABC",
        "--aws-zone-tags=",
        "--aws-zone-tags=a=",
        "--aws-requests-per-second=0",
        "--aws-assume-role=arn:aws-us-gov:iam::123456789012:role/path/dns",
    ] {
        assert!(parse(&[argument]).is_ok(), "{argument}");
    }
}

#[test]
fn a_zone_has_one_role() {
    let role = |name: &str| format!("--zone-role=Z1=arn:aws:iam::123456789012:role/{name}");
    let text = complaint(&[&role("a"), &role("b")]);
    assert!(text.contains("zone `Z1` two roles") && text.contains("role/a"), "{text}");
    assert!(parse(&[&role("a"), &role("a")]).is_ok());
}

#[test]
fn a_flag_that_takes_one_value_cannot_be_repeated() {
    let text = complaint(&["--listen=127.0.0.1:1", "--listen=127.0.0.1:2"]);
    assert!(text.contains("--listen") && text.contains("multiple times"), "{text}");
}

#[test]
fn durations_are_those_of_go() {
    let interval = |text: &str| {
        let args = parse(&[&format!("--aws-batch-change-interval={text}")]);
        args.map(|args| args.records.aws_batch_change_interval).ok()
    };
    assert_eq!(interval("1m30s"), Some(Duration::from_secs(90)));
    assert_eq!(interval("500ms"), Some(Duration::from_millis(500)));
    assert_eq!(interval("1.5h"), Some(Duration::from_mins(90)));
    assert_eq!(interval("0"), Some(Duration::ZERO));
    for bad in ["72", "", "s", "1x", "-1s"] {
        assert_eq!(interval(bad), None, "{bad}");
    }
}

#[test]
fn usage_errors_name_the_flag_and_the_fix() {
    let text = complaint(&["--aws-zones-cache-duration=72"]);
    assert!(
        text.contains("--aws-zones-cache-duration") && text.contains("such as `90s`"),
        "{text}"
    );
    let text = complaint(&["--regex-domain-filter=("]);
    assert!(text.contains("--regex-domain-filter"), "{text}");
    let text = complaint(&["--zone-role=Z1"]);
    assert!(text.contains("--zone-role") && text.contains("ZONEID=ARN"), "{text}");
    let text = complaint(&["--aws-batch-change-size=0"]);
    assert!(text.contains("--aws-batch-change-size is 0"), "{text}");
    for (flag, most) in [("", 1_000), ("-bytes", 32_000), ("-values", 1_000)] {
        let flag = format!("--aws-batch-change-size{flag}");
        assert!(parse(&[&format!("{flag}={most}")]).is_ok());
        let text = complaint(&[&format!("{flag}={}", most + 1)]);
        assert!(text.contains(&flag) && text.contains(&format!("use 1 to {most}")), "{text}");
    }
    let text = complaint(&["--aws-zone-type=unknown"]);
    assert!(text.contains("--aws-zone-type") && text.contains("public, private"), "{text}");
}

#[test]
fn types_of_a_policy_may_be_joined_by_commas_and_must_exist() {
    let command = |value: &str| {
        parse(&["iam-policy", &format!("--managed-record-types={value}")]).map(|args| args.command)
    };
    let managed_record_types = vec![RecordType::A, RecordType::Ns];
    assert_eq!(command("A,ns").unwrap(), Some(Command::IamPolicy { managed_record_types }));
    for bad in ["AA", "", "A,,NS", "SOA"] {
        let text = command(bad).unwrap_err().to_string();
        assert!(text.contains("use one of A, AAAA"), "{bad}: {text}");
    }
}

#[test]
fn flags_are_taken_after_a_command_too() {
    let args = parse(&["iam-policy", "--zone-id-filter=Z1"]).unwrap();
    let managed_record_types = vec![];
    assert_eq!(args.command, Some(Command::IamPolicy { managed_record_types }));
    assert_eq!(args.zones.zone_id_filter, ["Z1"]);
}

/// Returns a file that has `text`, and the flag that names it.
fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let flag = format!("--config={}", file.path().display());
    (file, flag)
}

#[test]
fn the_command_line_wins_over_the_file() {
    let text = "domain-filter: [a.org, b.org]\nlog-level: debug\ndry-run: true\nrecords-timeout: 3s\n\
                zone-id-filter: 0123\nlisten:\n";
    let (_file, flag) = file(text);
    let args = parse(&[&flag, "--log-level=error", "--no-dry-run"]).unwrap();
    assert_eq!(args.zones.domain_filter, ["a.org", "b.org"]);
    assert_eq!((args.serve.log_level, args.records.dry_run), (LogLevel::Error, false));
    assert_eq!(args.records.records_timeout, Duration::from_secs(3));
    assert_eq!(args.zones.zone_id_filter, ["0123"], "a value means what its text means");
    assert_eq!(args.serve.listen, "127.0.0.1:8888", "a key without a value is left out");
    let args = parse(&["iam-policy", &flag, "--domain-filter=c.org"]).unwrap();
    assert_eq!(args.zones.domain_filter, ["c.org"], "lists are replaced and not joined");
    assert!(args.records.dry_run);
}

#[test]
fn what_is_wrong_with_the_file_is_said_with_the_key() {
    for (text, says) in [
        ("domian-filter: a.org\n", "similar argument exists: '--domain-filter'"),
        ("records-timeout: [1s, 2s]\n", "`records-timeout` takes one value"),
        ("dry-run: {a: b}\n", "`dry-run` must be a value or a list"),
        ("records-timeout: 72\n", "such as `90s`"),
        ("aws-batch-change-size: 0\n", "--aws-batch-change-size is 0"),
        ("config: other.yaml\n", "`config` cannot be set in the file"),
        ("dry-run: true\ndry-run: true\n", "duplicate"),
    ] {
        let (file, flag) = file(text);
        let found = complaint(&[&flag]);
        let place = format!("--config={}", file.path().display());
        assert!(found.contains(says) && found.contains(&place), "{text}: {found}");
    }
    assert!(complaint(&["--config=/nowhere.yaml"]).contains("--config=/nowhere.yaml"));
}
