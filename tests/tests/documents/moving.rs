//! What the chart and a page know of other charts, written from the tables of the program.

use std::fmt::Write as _;
use std::fs;

use controller::convert::{self, KeyOutcome, PEER_KEYS};
use e2e::cluster::documents;
use e2e::programs::workspace;
use serde_json::Value;

use crate::generated::{cell, holds};

#[test]
fn what_the_chart_knows_of_flags_and_foreign_keys_is_what_the_code_says() {
    let providers = [route53_webhook::args::command(), rfc2136_webhook::args::command()];
    let known = serde_json::to_string_pretty(&convert::known(&providers)).unwrap();
    holds("charts/signpost/known.json", &format!("{known}\n"));
}

#[test]
fn what_the_chart_puts_in_place_of_a_null_is_what_its_values_say() {
    let text = fs::read_to_string(workspace().join("charts/signpost/values.yaml")).unwrap();
    let [values] = documents(&text).unwrap().try_into().unwrap();
    let values = serde_json::to_string_pretty::<Value>(&values).unwrap();
    holds("charts/signpost/defaults.json", &format!("{values}\n"));
}

#[test]
fn the_page_of_keys_is_what_the_code_says() {
    let mut page = String::from(
        "# Values of ExternalDNS's charts, key by key\n\n\
         What each key of the kubernetes-sigs chart (1.13 to 1.22) and of Bitnami's is in [ours](../charts/signpost/README.md). `signpost convert`\n\
         goes by this table, and so do the chart's refusals, which come all at once. Generated from the code.\n\n\
         ## The kubernetes-sigs chart\n\n| Key | Here |\n|---|---|\n",
    );
    for row in PEER_KEYS {
        let here = match row.outcome {
            KeyOutcome::Same => "the same".to_owned(),
            KeyOutcome::Other(why) => format!("the same, but: {why}"),
            KeyOutcome::Refused(why) => format!("refused: {why}"),
        };
        writeln!(page, "| `{}` | {} |", row.key, cell(&here)).unwrap();
    }
    page.push_str("\n## Keys that only Bitnami's chart has\n\n| Key | Here |\n|---|---|\n");
    let bitnami = convert::foreign_keys();
    for (key, says) in bitnami.iter().filter(|(_, says)| says.contains("Bitnami")) {
        let says = says
            .trim_start_matches("is of Bitnami's chart; here ")
            .trim_start_matches("is of Bitnami's chart");
        writeln!(page, "| `{key}` | {} |", cell(says.trim_start_matches([':', ',', ' ']))).unwrap();
    }
    holds("docs/chart-keys.md", &page);
}
