//! A conversion as text: a values file of the chart in which everything else is a comment.

use std::fmt::{self, Formatter};

use external_dns_webhook::Printable;
use serde_json::Value;

use super::{Conversion, Weight};

/// What each weight is called above its remarks.
const HEADS: [(Weight, &str); 3] = [
    (Weight::Refused, "Could not be taken; do this instead"),
    (Weight::Changed, "Means something else here"),
    (Weight::Note, "To know"),
];

/// Writes a conversion; all of it together is a values file.
pub(super) fn write(conversion: &Conversion, f: &mut Formatter<'_>) -> fmt::Result {
    let Conversion { values, controller, provider, remarks } = conversion;
    writeln!(f, "# Values of Signpost's chart, made from an installation of ExternalDNS.")?;
    for (weight, head) in HEADS {
        let mut found = remarks.iter().filter(|remark| remark.weight == weight).peekable();
        if found.peek().is_some() {
            writeln!(f, "#\n# {head}:")?;
        }
        for remark in found {
            writeln!(f, "#   {}", Printable(format_args!("{}: {}", remark.place, remark.text)))?;
        }
    }
    let program = conversion
        .provider_program()
        .unwrap_or("The arguments of the provider, as its own page has them");
    for (program, words) in [("signpost run", controller), (program, provider)] {
        if !words.is_empty() {
            writeln!(f, "#\n# {program}")?;
        }
        for word in words {
            writeln!(f, "#   {}", Printable(quoted(word)))?;
        }
    }
    writeln!(f)?;
    let text = serde_saphyr::to_string(&Value::Object(values.clone())).map_err(|_| fmt::Error)?;
    f.write_str(&text)
}

/// Returns a word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_=./:,%@+".contains(letter);
    if word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
