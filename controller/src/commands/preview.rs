//! How a command shows the changes that it would write.

use controller_core::plan::{Values, WithTtl};
use external_dns_webhook::{Changes, Endpoint, Update};

/// Returns one line for each record set, marked as in a plan, with its zone and values old → new.
pub(super) fn lines(changes: &Changes) -> impl Iterator<Item = String> {
    let Changes { create, update, delete } = changes;
    let created =
        create.iter().map(|new| format!("+ create  {}  nothing → {}", new.key(), values(new)));
    let updated = update.iter().map(|Update { old, new }| {
        format!("~ update  {}  {} → {}", new.key(), values(old), values(new))
    });
    let deleted =
        delete.iter().map(|old| format!("- delete  {}  {} → nothing", old.key(), values(old)));
    created.chain(updated).chain(deleted)
}

fn values(endpoint: &Endpoint) -> String {
    WithTtl(&Values::of(endpoint)).to_string()
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{RecordType, Ttl, ZoneId};

    use super::*;

    #[test]
    fn each_line_has_a_mark_the_zone_and_the_values_with_their_ttl() {
        let with = |name: &str, target: &str| {
            let mut endpoint = Endpoint::new(name, RecordType::A, [target]);
            endpoint.zone = Some(ZoneId::from("Z1"));
            endpoint
        };
        let mut old = with("b.example.com", "192.0.2.2");
        old.ttl = Ttl::from_seconds(60);
        let changes = Changes {
            create: vec![with("a.example.com", "192.0.2.1")],
            update: vec![Update { old, new: with("b.example.com", "192.0.2.3") }],
            delete: vec![with("c.example.com", "192.0.2.4")],
        };
        assert_eq!(
            lines(&changes).collect::<Vec<_>>(),
            [
                "+ create  a.example.com A in Z1  nothing → 192.0.2.1 ttl=auto",
                "~ update  b.example.com A in Z1  192.0.2.2 ttl=60 → 192.0.2.3 ttl=auto",
                "- delete  c.example.com A in Z1  192.0.2.4 ttl=auto → nothing",
            ]
        );
    }
}
