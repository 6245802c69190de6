//! The objects that have a name and do not want it, each with the reason.

use external_dns_webhook::Printable;
use serde_json::Value;

use super::{list, text};

/// Returns them in one text; `None` when there are none, or nobody looked for them.
pub(super) fn told(answer: &Value, between: &str) -> Option<String> {
    let each = list(answer, "lookedAt.leftOut").iter().map(|object| {
        let told = |key| Printable(text(object, key)).to_string();
        let next = match told("hint") {
            hint if hint.is_empty() => hint,
            hint => format!(" (next: {hint})"),
        };
        format!("{}: {}: {}{next}", told("object"), told("reason"), told("message"))
    });
    let each: Vec<_> = each.collect();
    (!each.is_empty()).then(|| each.join(between))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{all, unknown};

    #[test]
    fn who_looks_for_a_name_is_told_of_the_objects_that_have_it_and_do_not_want_it() {
        let object = json!({ "object": "service/default/web", "reason": "OtherController",
            "message": "it is for\nanother", "hint": "remove the annotation" });
        let looked_at = json!({ "leftOut": [object] });
        let said = unknown("x.example.org", &json!({ "records": [], "lookedAt": looked_at }));
        let told = "nothing wants `x.example.org`, but these objects have that name: \
                    service/default/web: OtherController: it is for\\nanother (next: remove the \
                    annotation)";
        assert!(said.starts_with(told), "{said}");
        // A record of someone else is there.
        let record = json!({ "name": "x.example.org", "type": "A", "targets": ["192.0.2.1"] });
        let answer = json!({ "records": [record], "lookedAt": looked_at });
        let said = all("x.example.org", &answer, 0);
        assert!(said.contains("do not want it:\n  service/default/web: Other"), "{said}");
    }
}
