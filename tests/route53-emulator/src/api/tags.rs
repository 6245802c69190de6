//! Tags of hosted zones and health checks.

use std::collections::BTreeMap;

use super::{Answer, Call, strip_prefixes};
use crate::account::Account;
use crate::error::ApiError;
use crate::xml::{self, Document, Element};

/// Most ids, added tags or removed keys in one request.
const MAX_PER_REQUEST: usize = 10;

/// Most characters of a key.
const MAX_KEY_CHARACTERS: usize = 128;

/// Most characters of a value.
const MAX_VALUE_CHARACTERS: usize = 256;

/// Answers `ListTagsForResource`.
pub(super) fn list(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let (id, kind) = (call.parameter(0), call.parameter(1));
    let tags = tags(account, kind, id)?;
    let mut document = Document::new("ListTagsForResourceResponse");
    write(&mut document, kind, id, tags);
    Ok(Answer::ok(document.finish()))
}

/// Answers `ListTagsForResources`.
pub(super) fn list_many(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let kind = call.parameter(0);
    let request = xml::read(&call.body, "ListTagsForResourcesRequest")?;
    let ids: Vec<_> = children(&request, "ResourceIds")
        .iter()
        .map(|element| strip_prefixes(&element.text))
        .collect();
    count(ids.len(), "resourceIds")?;
    let mut document = Document::new("ListTagsForResourcesResponse");
    let mut found = Vec::with_capacity(ids.len());
    for id in &ids {
        found.push((id, tags(account, kind, id)?));
    }
    document.nest("ResourceTagSets", |document| {
        for (id, tags) in found {
            write(document, kind, id, tags);
        }
    });
    Ok(Answer::ok(document.finish()))
}

/// Answers `ChangeTagsForResource`.
pub(super) fn change(account: &mut Account, call: &Call) -> Result<Answer, ApiError> {
    let (id, kind) = (call.parameter(0), call.parameter(1));
    tags(account, kind, id)?;
    let request = xml::read(&call.body, "ChangeTagsForResourceRequest")?;
    let mut added = Vec::new();
    for tag in children(&request, "AddTags") {
        let key = tag.text_of("Key").unwrap_or_default();
        let value = tag.text_of("Value").unwrap_or_default();
        if key.is_empty() {
            return Err(ApiError::invalid_input("A tag needs a key"));
        }
        length(&key, "key", MAX_KEY_CHARACTERS)?;
        length(&value, "value", MAX_VALUE_CHARACTERS)?;
        added.push((key, value));
    }
    let removed: Vec<_> =
        children(&request, "RemoveTagKeys").iter().map(|key| key.text.clone()).collect();
    if request.child("AddTags").is_some() {
        count(added.len(), "addTags")?;
    }
    if request.child("RemoveTagKeys").is_some() {
        count(removed.len(), "removeTagKeys")?;
    }
    if added.is_empty() && removed.is_empty() {
        return Err(ApiError::invalid_input(
            "You must specify at least one of AddTags and RemoveTagKeys",
        ));
    }
    let tags = match kind {
        "hostedzone" => &mut account.zone_mut(id)?.tags,
        _ => {
            &mut account
                .health_checks
                .get_mut(id)
                .ok_or_else(|| ApiError::no_such_health_check(id))?
                .tags
        }
    };
    for key in removed {
        tags.remove(&key);
    }
    tags.extend(added);
    Ok(Answer::ok(Document::new("ChangeTagsForResourceResponse").finish()))
}

fn tags<'a>(
    account: &'a Account,
    kind: &str,
    id: &str,
) -> Result<&'a BTreeMap<String, String>, ApiError> {
    match kind {
        "hostedzone" => Ok(&account.zone(id)?.tags),
        "healthcheck" => account
            .health_checks
            .get(id)
            .map(|check| &check.tags)
            .ok_or_else(|| ApiError::no_such_health_check(id)),
        _ => Err(ApiError::invalid_input(format!(
            "1 validation error detected: Value '{kind}' at 'resourceType' failed to satisfy \
             constraint: Member must satisfy enum value set: [healthcheck, hostedzone]"
        ))),
    }
}

fn children<'a>(request: &'a Element, name: &str) -> &'a [Element] {
    request.child(name).map(|list| list.children.as_slice()).unwrap_or_default()
}

fn count(count: usize, path: &str) -> Result<(), ApiError> {
    if (1..=MAX_PER_REQUEST).contains(&count) {
        return Ok(());
    }
    let bound = if count == 0 { "greater than or equal to 1" } else { "less than or equal to 10" };
    Err(ApiError::invalid_input(format!(
        "1 validation error detected: Value at '{path}' failed to satisfy constraint: Member must \
         have length {bound}"
    )))
}

fn length(text: &str, path: &str, most: usize) -> Result<(), ApiError> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(ApiError::invalid_input(format!(
        "1 validation error detected: Value '{text}' at 'addTags.1.member.{path}' failed to \
         satisfy constraint: Member must have length less than or equal to {most}"
    )))
}

fn write(document: &mut Document, kind: &str, id: &str, tags: &BTreeMap<String, String>) {
    document.nest("ResourceTagSet", |document| {
        document.leaf("ResourceType", kind);
        document.leaf("ResourceId", id);
        document.nest("Tags", |document| {
            for (key, value) in tags {
                document.nest("Tag", |document| {
                    document.leaf("Key", key);
                    document.leaf("Value", value);
                });
            }
        });
    });
}
