//! What the zone holds and what DNS answers for it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use e2e::dns;
use e2e::world::Sidecar;
use external_dns_webhook::{Endpoint, RecordType};

/// The records of the zone and their answers, as last seen.
pub(crate) struct Answers<'a> {
    sidecar: &'a Sidecar,
    dns: SocketAddr,
    rows: BTreeMap<(String, String), Row>,
    ownership_records: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Row {
    values: String,
    ttl: String,
    answer: String,
}

impl<'a> Answers<'a> {
    pub(crate) fn new(sidecar: &'a Sidecar, dns: SocketAddr) -> Self {
        Self { sidecar, dns, rows: BTreeMap::new(), ownership_records: BTreeMap::new() }
    }

    /// Looks again and returns what has changed, one line each.
    pub(crate) async fn update(&mut self) -> anyhow::Result<Vec<String>> {
        let records = self.sidecar.records().await?;
        let owner = |endpoint: &Endpoint| {
            let text = endpoint.targets.first()?;
            if !text.contains("heritage=external-dns") {
                return None;
            }
            let (_, rest) = text.split_once("external-dns/owner=")?;
            Some(rest.split([',', '"']).next().unwrap_or(rest).to_owned())
        };
        self.ownership_records = records
            .iter()
            .filter(|record| record.record_type == RecordType::Txt)
            .filter_map(|record| Some((record.dns_name.as_str().to_owned(), owner(record)?)))
            .collect();
        let mut rows = BTreeMap::new();
        for record in &records {
            let name = record.dns_name.as_str().to_owned();
            let unmanaged = ["NS", "SOA"].contains(&record.record_type.as_str());
            if unmanaged || (record.record_type == RecordType::Txt && owner(record).is_some()) {
                continue;
            }
            let record_type = record.record_type.to_string();
            let answer = dns::query(self.dns, &name, &record_type).await?.join(" ");
            let values = record.targets.iter().collect::<Vec<_>>().join(" ");
            let alias = record.properties.get("alias") == Some("true");
            let ttl = match record.ttl {
                Some(ttl) if !alias => ttl.to_string(),
                _ => "alias".to_owned(),
            };
            rows.insert((name, record_type), Row { values, ttl, answer });
        }
        let before = std::mem::replace(&mut self.rows, rows);
        let mut news = Vec::new();
        for ((name, record_type), row) in &self.rows {
            match before.get(&(name.clone(), record_type.clone())) {
                Some(same) if same == row => {}
                Some(old) => news.push(format!(
                    "{name} {record_type}: {} -> {}, DNS answers {}",
                    old.values, row.values, row.answer
                )),
                None => news.push(format!("{name} {record_type}: new, DNS answers {}", row.answer)),
            }
        }
        for (name, record_type) in before.keys() {
            if !self.rows.contains_key(&(name.clone(), record_type.clone())) {
                news.push(format!("{name} {record_type}: gone"));
            }
        }
        Ok(news)
    }

    /// Returns the names that are not answered and owned yet.
    pub(crate) fn missing(&self, names: &BTreeSet<String>) -> Vec<String> {
        let answered = |name: &String| {
            let mut rows = self.rows.iter().filter(|((row, _), _)| row == name).peekable();
            rows.peek().is_some()
                && rows.all(|((name, record_type), row)| {
                    !row.answer.is_empty() && self.owner(name, record_type).is_some()
                })
        };
        names.iter().filter(|name| !answered(name)).cloned().collect()
    }

    /// Returns everything as a table.
    pub(crate) fn table(&self) -> String {
        let head = ["NAME", "TYPE", "VALUE", "TTL", "OWNER", "DNS ANSWERS"].map(str::to_owned);
        let row = |((name, record_type), row): (&(String, String), &Row)| {
            [
                name.clone(),
                record_type.clone(),
                row.values.clone(),
                row.ttl.clone(),
                self.owner(name, record_type).unwrap_or("-").to_owned(),
                row.answer.clone(),
            ]
        };
        let rows: Vec<_> = std::iter::once(head).chain(self.rows.iter().map(row)).collect();
        let mut widths = [0; 6];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &[String; 6]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            line.trim_end().to_owned() + "\n"
        };
        rows.iter().map(line).collect()
    }

    fn owner(&self, name: &str, record_type: &str) -> Option<&str> {
        let ownership_record = format!("{}-{name}", record_type.to_lowercase());
        self.ownership_records.get(&ownership_record).map(String::as_str)
    }
}
