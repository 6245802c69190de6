//! Variables that a whole object holds, of which nobody sees here what they are.

use serde_json::Value;

use super::super::Weight;
use super::super::draft::Draft;
use super::super::fields::shown as cut;
use super::super::flags;

/// Takes variables of whole `ConfigMap`s and Secrets, of which nobody sees here what they are.
pub(in crate::convert) fn env_from(draft: &mut Draft, from: Option<Value>) {
    let items = match from {
        None => return,
        Some(Value::Array(items)) => items,
        Some(other) => {
            let text = format!("it has to be a list, and is `{}`", cut(&other));
            return draft.say(Weight::Refused, "envFrom", text);
        }
    };
    // What is no source of variables hides none.
    let (items, others): (Vec<_>, Vec<_>) = items.into_iter().partition(Value::is_object);
    if let Some(other) = others.first() {
        let text = format!("each has to be a map, and one is `{}`; it is left out", cut(other));
        draft.say(Weight::Refused, "envFrom", text);
    }
    if items.is_empty() {
        return;
    }
    draft.push(&["envFrom"], items.clone());
    let always: Vec<String> = flags::ALWAYS_WRITTEN
        .map(|flag| format!("`EXTERNAL_DNS_{}`", flag.to_uppercase().replace('-', "_")))
        .into();
    draft.say(
        Weight::Changed,
        "envFrom",
        format!(
            "what it holds is not seen here, and the chart always writes the flags of {}, which count before them: if one is in it, write \
             it into values",
            always.join(", ")
        ),
    );
    if draft.is_split() {
        draft.push(&["provider", "webhook", "envFrom"], items);
        draft.say(
            Weight::Changed,
            "envFrom",
            "what it holds is not seen here, and one program had all of it: it is given to both containers. Keys of \
             the provider belong to `provider.webhook.envFrom` only, so take them out of `envFrom`; flags of the controller belong there",
        );
    }
}
