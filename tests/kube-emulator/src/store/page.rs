//! One page of a list, as the server stood at one version.
//!
//! All pages of a list show the same moment: a later page takes back what has been written since
//! the first. When that is no longer known, the page is refused with 410 and the client starts
//! again ([chunks]).
//!
//! [chunks]: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::kinds::TableKey;
use crate::selectors::Selector;
use crate::status::Status;
use crate::store::Store;
use crate::store::object::{Key, Object};

/// What a page shows.
#[derive(Debug)]
pub(crate) struct PageQuery<'a> {
    /// Empty for all namespaces.
    pub(crate) namespace: &'a str,
    pub(crate) selector: &'a Selector,
    /// The most objects on a page; 0 for all.
    pub(crate) limit: usize,
    /// The token of the page before; empty for the first page.
    pub(crate) token: &'a str,
    /// Show this version exactly; `None` for the newest. A token decides by itself.
    pub(crate) exact: Option<u64>,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Arc<Object>>,
    pub(crate) version: u64,
    /// Empty on the last page.
    pub(crate) token: String,
    /// How many objects follow; `None` on the last page and under a selector.
    pub(crate) remaining: Option<usize>,
}

/// What a continue token says.
#[derive(Serialize, Deserialize)]
struct Token {
    version: u64,
    namespace: String,
    name: String,
}

impl Store {
    /// Returns the page of `table` that `query` asks for.
    pub(crate) fn page(&self, table: &TableKey, query: &PageQuery<'_>) -> Result<Page, Status> {
        let (version, after) = match query.token {
            "" => (query.exact.unwrap_or(self.version), None),
            token => {
                let Token { version, namespace, name } = read_token(token)?;
                (version, Some(Key { namespace, name }))
            }
        };
        let standing = self.standing(table, query.namespace, version)?;
        let rest: Vec<&Arc<Object>> = standing
            .into_iter()
            .filter(|object| after.as_ref().is_none_or(|after| object.follows(after)))
            .filter(|object| query.selector.matches(object))
            .collect();
        let limit = if query.limit == 0 { rest.len() } else { query.limit };
        let more = rest.len().saturating_sub(limit);
        let objects: Vec<Arc<Object>> = rest.into_iter().take(limit).cloned().collect();
        let token = match objects.last() {
            Some(last) if more > 0 => write_token(version, last)?,
            _ => String::new(),
        };
        let remaining = (more > 0 && query.selector.is_everything()).then_some(more);
        Ok(Page { objects, version, token, remaining })
    }

    /// Returns the objects that stood at `version`, in order.
    fn standing<'a>(
        &'a self,
        table: &TableKey,
        namespace: &'a str,
        version: u64,
    ) -> Result<Vec<&'a Arc<Object>>, Status> {
        if version == self.version {
            return Ok(self.objects(table, namespace).collect());
        }
        self.check_reached(version)?;
        self.check_compaction(version).map_err(|_| {
            Status::expired(
                "The provided continue parameter is too old to display a consistent list result. \
                 You can start a new list without the continue parameter.",
            )
        })?;
        let mut standing: BTreeMap<Key, &Arc<Object>> =
            self.objects(table, namespace).map(|object| (object.key(), object)).collect();
        let Some(table) = self.tables.get(table) else {
            return Ok(Vec::new());
        };
        // Newest first, so that the oldest `before` of an object has the last word.
        for change in table.history.since(version)?.rev() {
            let key = change.object.key();
            if !namespace.is_empty() && key.namespace != namespace {
                continue;
            }
            match &change.before {
                Some(before) => standing.insert(key, before),
                None => standing.remove(&key),
            };
        }
        Ok(standing.into_values().collect())
    }
}

fn write_token(version: u64, last: &Object) -> Result<String, Status> {
    let token = Token { version, namespace: last.namespace.clone(), name: last.name.clone() };
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).map_err(Status::internal)?))
}

fn read_token(token: &str) -> Result<Token, Status> {
    let text = URL_SAFE_NO_PAD.decode(token).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or_else(|| Status::bad_request("continue key is not valid: it is not one of ours"))
}
