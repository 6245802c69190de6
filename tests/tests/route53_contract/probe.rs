//! Puts a case to one back end and says in a line of words what came of it.

use std::{fmt::Write as _, pin::Pin};

use aws_sdk_route53::{
    Client,
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::change_resource_record_sets::ChangeResourceRecordSetsError,
    types::{Change, ChangeBatch, ResourceRecordSet},
};

use crate::record::THIS_ZONE;

/// The most pages that a walk through a handful of record sets can need.
const MANY_PAGES: usize = 40;

/// One part of a case.
pub(crate) enum Step {
    /// Sends a batch that the rest builds on, and says nothing unless it is refused.
    Given(Vec<Change>),
    /// Sends a batch and says `ok` or the code of the refusal.
    Batch(Vec<Change>),
    /// Sends a batch and says `ok` or `refused`, where AWS's page does not name the code.
    Attempt(Vec<Change>),
    /// Sends a batch and says `ok` or the texts of the refusal, without the zone's name.
    Explain(Vec<Change>),
    /// Lists the zone and says what it holds beside its own NS and SOA.
    Show,
    /// Asks anything else.
    Ask(Ask),
}

/// A question that is not a batch or a listing.
pub(crate) type Ask = for<'a> fn(&'a Zone<'a>) -> Answer<'a>;

/// What a question comes to, later.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// The hosted zone that belongs to one case on one back end.
pub(crate) struct Zone<'a> {
    /// The back end.
    pub(crate) client: &'a Client,
    /// The id without `/hostedzone/`.
    pub(crate) id: String,
    /// The name with its trailing dot.
    pub(crate) name: String,
}

/// Runs `steps` in a new zone and returns what they said, separated by `; `.
pub(crate) async fn run(client: &Client, name: &str, steps: Vec<Step>) -> String {
    let zone = match Zone::create(client, name).await {
        Ok(zone) => zone,
        Err(code) => return format!("no zone: {code}"),
    };
    let mut said = Vec::new();
    for step in steps {
        match step {
            Step::Given(changes) => {
                if let Err(refusal) = zone.send(changes).await {
                    return format!("preparation refused: {}", refusal.code);
                }
            }
            Step::Batch(changes) => said.push(match zone.send(changes).await {
                Ok(_) => "ok".to_owned(),
                Err(refusal) => refusal.code,
            }),
            Step::Attempt(changes) => said.push(match zone.send(changes).await {
                Ok(_) => "ok".to_owned(),
                Err(_) => "refused".to_owned(),
            }),
            Step::Explain(changes) => said.push(match zone.send(changes).await {
                Ok(_) => "ok".to_owned(),
                Err(refusal) => refusal.texts.replace(&zone.name, "ZONE."),
            }),
            Step::Show => said.push(zone.show().await),
            Step::Ask(ask) => said.push(ask(&zone).await),
        }
    }
    said.join("; ")
}

/// Why a back end did not do what it was asked.
pub(crate) struct Refusal {
    /// The error's code, or the HTTP status of an answer that is no error of the API.
    pub(crate) code: String,
    /// The error's texts.
    pub(crate) texts: String,
}

impl Refusal {
    /// Reads the refusal out of an error of the SDK.
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let code = match (error.code(), status) {
            // A code that the API does not have: the framework's own page or JSON.
            (Some(code), Some(status)) if !code.starts_with(char::is_numeric) && status < 500 => {
                code.to_owned()
            }
            (_, Some(status)) => format!("HTTP {status}"),
            (_, None) => "no answer".to_owned(),
        };
        Self { code, texts: error.message().unwrap_or_default().to_owned() }
    }
}

/// Returns `name` as it stands in the zone `zone`; see [`crate::record`].
pub(crate) fn qualify(name: &str, zone: &str) -> String {
    if name.ends_with('.') {
        name.to_owned()
    } else if let Some(prefix) = name.strip_suffix('@') {
        format!("{prefix}{zone}")
    } else {
        format!("{name}.{zone}")
    }
}

impl<'a> Zone<'a> {
    async fn create(client: &'a Client, name: &str) -> Result<Self, String> {
        let zone = client
            .create_hosted_zone()
            .name(name)
            .caller_reference(name)
            .send()
            .await
            .map_err(|error| Refusal::of(&error).code)?
            .hosted_zone
            .ok_or("no zone in the answer")?;
        let id = zone.id.trim_start_matches("/hostedzone/").to_owned();
        Ok(Self { client, id, name: name.to_owned() })
    }

    /// Sends one batch and returns the id of the change.
    pub(crate) async fn send(&self, changes: Vec<Change>) -> Result<String, Refusal> {
        let changes = changes.into_iter().map(|change| self.qualified(change)).collect();
        let batch = ChangeBatch::builder().set_changes(Some(changes)).build().unwrap();
        let answer = self
            .client
            .change_resource_record_sets()
            .hosted_zone_id(&self.id)
            .change_batch(batch)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.change_info.map(|change| change.id).unwrap_or_default()),
            Err(error) => {
                let mut refusal = Refusal::of(&error);
                if let Some(ChangeResourceRecordSetsError::InvalidChangeBatch(batch)) =
                    error.as_service_error()
                    && !batch.messages().is_empty()
                {
                    refusal.texts = batch.messages().join(" ");
                }
                Err(refusal)
            }
        }
    }

    /// Returns the record sets of all pages of at most `page`, or of the back end's own choice.
    ///
    /// # Errors
    ///
    /// A refusal's code, or a sentence when the pages never end.
    pub(crate) async fn walk(&self, page: Option<i32>) -> Result<Vec<ResourceRecordSet>, String> {
        let mut sets = Vec::new();
        let (mut name, mut kind, mut identifier) = (None, None, None);
        for _ in 0..MANY_PAGES {
            let answer = self
                .client
                .list_resource_record_sets()
                .hosted_zone_id(&self.id)
                .set_max_items(page)
                .set_start_record_name(name)
                .set_start_record_type(kind)
                .set_start_record_identifier(identifier)
                .send()
                .await
                .map_err(|error| Refusal::of(&error).code)?;
            sets.extend(answer.resource_record_sets);
            if !answer.is_truncated {
                return Ok(sets);
            }
            (name, kind, identifier) =
                (answer.next_record_name, answer.next_record_type, answer.next_record_identifier);
        }
        Err("the pages never end".to_owned())
    }

    /// Says what the zone holds, apart from the NS and SOA at its apex.
    pub(crate) async fn show(&self) -> String {
        match self.walk(None).await {
            Ok(sets) => self.describe(&sets),
            Err(error) => error,
        }
    }

    /// Says what `sets` are, with names relative to the zone.
    pub(crate) fn describe(&self, sets: &[ResourceRecordSet]) -> String {
        let sets = sets
            .iter()
            .filter(|set| !self.is_made_by_the_service(set))
            .map(|set| self.describe_one(set))
            .collect::<Vec<_>>();
        if sets.is_empty() { "nothing".to_owned() } else { sets.join(", ") }
    }

    fn is_made_by_the_service(&self, set: &ResourceRecordSet) -> bool {
        set.name == self.name && matches!(set.r#type.as_str(), "NS" | "SOA")
    }

    fn describe_one(&self, set: &ResourceRecordSet) -> String {
        let suffix = format!(".{}", self.name);
        let name = if set.name == self.name {
            "@"
        } else {
            set.name.strip_suffix(&suffix).unwrap_or(&set.name)
        };
        let mut text = format!("{name} {}", set.r#type);
        if let Some(identifier) = &set.set_identifier {
            write!(text, " [{identifier}]").unwrap();
        }
        if let Some(target) = &set.alias_target {
            write!(text, " -> {}", target.dns_name.replace(&self.name, "ZONE.")).unwrap();
        }
        for value in set.resource_records() {
            write!(text, " {}", value.value).unwrap();
        }
        text
    }

    fn qualified(&self, mut change: Change) -> Change {
        if let Some(set) = &mut change.resource_record_set {
            set.name = qualify(&set.name, &self.name);
            if let Some(target) = &mut set.alias_target {
                target.dns_name = qualify(&target.dns_name, &self.name);
                if target.hosted_zone_id == THIS_ZONE {
                    target.hosted_zone_id.clone_from(&self.id);
                }
            }
        }
        change
    }
}
