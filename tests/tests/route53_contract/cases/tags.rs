//! Tags of zones.

use aws_sdk_route53::types::{ResourceTagSet, Tag, TagResourceType};

use super::{Case, page};
use crate::probe::{Answer, Refusal, Step::Ask, Zone};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        Case::new("Tags come back for several zones at once", page::TAGS, vec![Ask(tags)])
            .aws("team=dns")
            .ministack("InvalidInput"),
        Case::new("Tags are asked for ten zones at most", page::TAGS, vec![Ask(tags_of_eleven)])
            .aws("refused")
            .moto("no tags"),
        Case::new(
            "Tags of a zone that does not exist are refused",
            page::TAGS,
            vec![Ask(tags_of_unknown)],
        )
        .aws("NoSuchHostedZone")
        .moto("no tags")
        .ministack("InvalidInput"),
    ]
}

fn tags<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        let tag = Tag::builder().key("team").value("dns").build();
        let change = zone.client.change_tags_for_resource();
        let change = change.resource_type(TagResourceType::Hostedzone).resource_id(&zone.id);
        if let Err(error) = change.add_tags(tag).send().await {
            return format!("no tag: {}", Refusal::of(&error).code);
        }
        tags_of(zone, vec![zone.id.clone()]).await
    })
}

fn tags_of_eleven<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move {
        match tags_of(zone, vec![zone.id.clone(); 11]).await.as_str() {
            "InvalidInput" | "MalformedInput" | "InvalidArgument" => "refused".to_owned(),
            other => other.to_owned(),
        }
    })
}

fn tags_of_unknown<'a>(zone: &'a Zone<'a>) -> Answer<'a> {
    Box::pin(async move { tags_of(zone, vec!["Z00000000000000000000".to_owned()]).await })
}

/// Says which tags the zones with these ids have.
async fn tags_of(zone: &Zone<'_>, ids: Vec<String>) -> String {
    let question = zone.client.list_tags_for_resources();
    let question = question.resource_type(TagResourceType::Hostedzone);
    match question.set_resource_ids(Some(ids)).send().await {
        Ok(answer) => {
            let tags = answer.resource_tag_sets.iter().flat_map(ResourceTagSet::tags);
            let said = tags.map(|tag| {
                format!("{}={}", tag.key().unwrap_or_default(), tag.value().unwrap_or_default())
            });
            let said = said.collect::<Vec<_>>().join(", ");
            if said.is_empty() { "no tags".to_owned() } else { said }
        }
        Err(error) => Refusal::of(&error).code,
    }
}
