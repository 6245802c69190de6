//! The objects that have a name and do not want it, each with the reason.

use external_dns_webhook::Printable;
use serde_json::Value;

use super::{add_line, text};

/// Returns the row of an object that does not want a name that it has, or is left out as a whole.
pub(super) fn row(left_out: &Value) -> String {
    let (name, object) = (text(left_out, "name"), text(left_out, "object"));
    let about = if name.is_empty() { object } else { name };
    let mut out = format!("{}\n", Printable(format!("{about}: {}", text(left_out, "reason"))));
    add_line(&mut out, "because:", text(left_out, "message"));
    add_line(&mut out, "next:", text(left_out, "hint"));
    add_line(&mut out, "object:", object);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{all, is_unknown};

    #[test]
    fn who_looks_for_a_name_is_told_of_the_objects_that_have_it_and_do_not_want_it() {
        let object = json!({ "name": "x.example.org", "object": "service/default/web",
            "reason": "OtherController", "message": "it is for\nanother",
            "hint": "remove the annotation" });
        let looked_at = json!({ "leftOut": [object] });
        let told = "x.example.org: OtherController\n  because:   it is for\\nanother\n  \
                    next:      remove the annotation\n  object:    service/default/web\n";
        let answer = json!({ "records": [], "lookedAt": looked_at });
        assert!(!is_unknown(&answer), "it is a row, and no failure");
        assert_eq!(all("x.example.org", &answer, 0), told);
        // A record of someone else is there.
        let record = json!({ "name": "x.example.org", "type": "A", "targets": ["192.0.2.1"] });
        let answer = json!({ "records": [record], "lookedAt": looked_at });
        let said = all("x.example.org", &answer, 0);
        assert!(
            said.starts_with("x.example.org A: not wanted\n") && said.ends_with(told),
            "{said}"
        );
    }
}
