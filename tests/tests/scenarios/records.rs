//! Record sets as people write them down: short names, one line each.

use route53_emulator::{Change, ResourceRecordSet};

/// TTL of what nobody chose another for, in seconds.
const TTL: u32 = 300;

/// Zone of Application Load Balancers in eu-west-1.
pub(crate) const ELB_ZONE: &str = "Z32O12XQLNTSW2";

/// Returns a record set of `NAME.example.com`; `@` is `example.com` itself.
pub(crate) fn set(name: &str, record_type: &str, values: &[&str]) -> ResourceRecordSet {
    ResourceRecordSet::new(&full(name), record_type, TTL, values)
}

/// Returns an A record set.
pub(crate) fn a(name: &str, address: &str) -> ResourceRecordSet {
    set(name, "A", &[address])
}

/// Returns an alias to a load balancer in eu-west-1, as the sidecar writes it.
pub(crate) fn alias(name: &str, record_type: &str, target: &str) -> ResourceRecordSet {
    let mut alias =
        ResourceRecordSet::alias(&full(name), record_type, ELB_ZONE, &format!("{target}."));
    if let Some(target) = &mut alias.alias_target {
        target.evaluate_target_health = true;
    }
    alias
}

/// Returns the TXT record set with which `owner` owns a record set for an object.
pub(crate) fn ownership_record(name: &str, owner: &str, object: &str) -> ResourceRecordSet {
    set(name, "TXT", &[&ownership_record_text(owner, object)])
}

/// Returns the value of an ownership record, quoted as Route 53 wants it.
pub(crate) fn ownership_record_text(owner: &str, object: &str) -> String {
    format!("\"heritage=external-dns,external-dns/owner={owner},external-dns/resource={object}\"")
}

/// Returns the full name of a short one.
pub(crate) fn full(name: &str) -> String {
    match name {
        "@" => "example.com.".to_owned(),
        outside if outside.ends_with('.') => outside.to_owned(),
        _ => format!("{name}.example.com."),
    }
}

/// Returns a record set in one line: name, type, TTL unless usual, routing, values.
pub(crate) fn line(set: &ResourceRecordSet) -> String {
    let name = set.name.trim_end_matches('.');
    let name = match name.strip_suffix("example.com") {
        Some("") => "@",
        Some(short) => short.trim_end_matches('.'),
        None => set.name.as_str(),
    };
    let mut words = vec![name.to_owned(), set.r#type.clone()];
    words.extend(set.set_identifier.iter().map(|set_identifier| format!("({set_identifier})")));
    words.extend(set.weight.map(|weight| format!("weight={weight}")));
    words.extend(set.region.iter().map(|region| format!("region={region}")));
    words.extend(set.failover.clone());
    words.extend(set.health_check_id.iter().map(|id| format!("check={id}")));
    words.extend(set.multi_value_answer.filter(|answer| *answer).map(|_| "multivalue".to_owned()));
    words.extend(set.ttl.filter(|ttl| *ttl != i64::from(TTL)).map(|ttl| format!("ttl={ttl}")));
    for record in set.resource_records.iter().flatten() {
        words.push(owned(&record.value).unwrap_or_else(|| record.value.clone()));
    }
    let aliased = set.alias_target.iter().map(|target| target.dns_name.trim_end_matches('.'));
    words.extend(aliased.map(|aliased| format!("-> {aliased}")));
    words.join(" ")
}

/// Returns one change in one line.
pub(crate) fn change_line(change: &Change) -> String {
    format!("{} {}", change.action, line(&change.resource_record_set))
}

/// Returns `OWNER:OBJECT` for the value of an ownership record; `None` for any other value.
fn owned(value: &str) -> Option<String> {
    let text = value.trim_matches('"').strip_prefix("heritage=external-dns,")?;
    let label = |key: &str| {
        let mut labels = text.split(',').filter_map(|part| part.strip_prefix("external-dns/"));
        labels.find_map(|label| label.strip_prefix(key)?.strip_prefix('=')).unwrap_or("nobody")
    };
    Some(format!("{}:{}", label("owner"), label("resource")))
}
