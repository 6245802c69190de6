//! Whether an answer is all there.
//!
//! The SDK reads XML as far as it goes: an element that is missing becomes a default, and a list that
//! is cut off becomes a shorter list. Half a list would read as deletions, so every answer must end
//! as it began and have the elements that AWS documents as always there. Anything else, such as the
//! page of a proxy, is no answer.

use aws_sdk_route53::Client;
use aws_sdk_route53::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_route53::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_route53::error::BoxError;

/// Root elements of the answers that we ask for, each with the elements that are always in it.
///
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53.html>
const ANSWERS: [(&str, &[&str]); 7] = [
    ("ChangeResourceRecordSetsResponse", &["ChangeInfo", "Id", "Status"]),
    ("GetChangeResponse", &["ChangeInfo", "Id", "Status"]),
    ("GetHostedZoneLimitResponse", &["Limit", "Value", "Count"]),
    ("GetHostedZoneResponse", &["HostedZone", "Id", "Name"]),
    ("ListHostedZonesResponse", &["HostedZones", "IsTruncated", "MaxItems"]),
    ("ListResourceRecordSetsResponse", &["ResourceRecordSets", "IsTruncated", "MaxItems"]),
    ("ListTagsForResourcesResponse", &["ResourceTagSets"]),
];

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Incomplete {
    /// It is not XML in UTF-8 with one of the roots that we know.
    #[error("the answer is not one of Route 53; something in between may have written it")]
    Foreign,
    /// It ends before its root does.
    #[error("the answer is cut off before `</{0}>`")]
    CutOff(&'static str),
    /// Something that is always there is not.
    #[error("the answer lacks `{0}`, which is always there")]
    Lacks(&'static str),
    /// The list of a zone has not the record sets that each zone has.
    #[error(
        "the list has neither the NS nor the SOA record set of the zone itself, which every zone has"
    )]
    NotAZone,
    /// The next page is said to exist and not where.
    #[error("the answer says that there is more and not where it begins")]
    NowhereNext,
}

/// Returns a client whose answers are complete, or errors.
pub(super) fn strict(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().interceptor(Complete).build())
}

/// Refuses every good answer that is not all there.
#[derive(Debug)]
struct Complete;

impl Intercept for Complete {
    fn name(&self) -> &'static str {
        "complete"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // What the SDK could not read is an error already, and is looked at when it is told.
        if !response.status().is_success() || context.output_or_error().is_err() {
            return Ok(());
        }
        check(response.body().bytes().unwrap_or_default()).map_err(Into::into)
    }
}

/// Checks that a good answer is all there.
pub(super) fn check(body: &[u8]) -> Result<(), Incomplete> {
    let text = std::str::from_utf8(body).map_err(|_| Incomplete::Foreign)?;
    let (root, always) = root(text).ok_or(Incomplete::Foreign)?;
    let whole = text.trim_end().strip_suffix('>').map(str::trim_end);
    let whole = whole.and_then(|text| text.strip_suffix(root)?.strip_suffix("</"));
    let Some(whole) = whole else {
        return Err(Incomplete::CutOff(root));
    };
    // Text cannot contain `<`, so what looks like an element is one. Those of lists come last.
    match always.iter().find(|name| !has_element(whole, name)) {
        Some(name) => Err(Incomplete::Lacks(name)),
        None => Ok(()),
    }
}

/// Returns the root element of a good answer.
fn root(text: &str) -> Option<(&'static str, &'static [&'static str])> {
    let name = root_name(text)?;
    ANSWERS.into_iter().find(|(root, _)| *root == name)
}

/// Returns the name of the root element of a text, behind the declaration and comments.
pub(super) fn root_name(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while rest.starts_with("<?") || rest.starts_with("<!--") {
        let end = if rest.starts_with("<?") { "?>" } else { "-->" };
        rest = rest.split_once(end)?.1.trim_start();
    }
    let rest = rest.strip_prefix('<')?;
    let end = rest.find(|next: char| next.is_whitespace() || matches!(next, '>' | '/'))?;
    rest.get(..end)
}

fn has_element(text: &str, name: &str) -> bool {
    text.rmatch_indices(name).any(|(at, _)| {
        let before = text.get(..at).is_some_and(|before| before.ends_with('<'));
        let after = text.get(at + name.len()..).unwrap_or_default();
        before
            && after.starts_with(|character: char| {
                character.is_whitespace() || matches!(character, '>' | '/')
            })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "<?xml version=\"1.0\"?>\n<ListResourceRecordSetsResponse \
        xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ResourceRecordSets>\
        <ResourceRecordSet><Name>a.</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets>\
        <IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>";

    #[test]
    fn a_whole_list_is_taken_and_one_without_its_end_is_not() {
        assert_eq!(check(LIST.as_bytes()), Ok(()));
        assert_eq!(check(format!("{LIST}\n").as_bytes()), Ok(()));
        for element in ["<IsTruncated>false</IsTruncated>", "<MaxItems>300</MaxItems>"] {
            let without = LIST.replace(element, "");
            assert!(matches!(check(without.as_bytes()), Err(Incomplete::Lacks(_))), "{without}");
        }
        let empty = "<ListHostedZonesResponse><HostedZones/><IsTruncated>false</IsTruncated>\
                     <MaxItems>100</MaxItems></ListHostedZonesResponse>";
        assert_eq!(check(empty.as_bytes()), Ok(()));
    }

    #[test]
    fn what_others_answer_is_no_answer() {
        for body in ["", "null", "{}", "<html><body>Log in</body></html>", "<a", "\u{feff}"] {
            assert_eq!(check(body.as_bytes()), Err(Incomplete::Foreign), "{body}");
        }
        assert_eq!(check(&[0xff, 0xfe]), Err(Incomplete::Foreign));
        let changed = "<ChangeResourceRecordSetsResponse/>";
        assert!(check(changed.as_bytes()).is_err());
        let changed = "<ChangeResourceRecordSetsResponse></ChangeResourceRecordSetsResponse>";
        assert_eq!(check(changed.as_bytes()), Err(Incomplete::Lacks("ChangeInfo")));
    }

    proptest! {
        #[test]
        fn a_list_that_is_cut_anywhere_is_no_list(at in 0..LIST.len()) {
            prop_assert!(check(&LIST.as_bytes()[..at]).is_err());
        }
    }
}
