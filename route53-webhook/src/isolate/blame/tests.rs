//! Whom the words of AWS blame, sentence by sentence and for batches at random.

use external_dns_webhook::{Endpoint, RecordType};
use proptest::prelude::*;

use super::*;
use crate::batch::GroupKey;
use crate::batch::Verb;
use crate::properties::{HEALTH_CHECK_ID, REGION, WEIGHT};

const HEALTH_CHECK: &str = "abcdef11-2222-3333-4444-555555fedcba";

fn endpoint(name: &str, record_type: RecordType, targets: &[&str]) -> Endpoint {
    let targets: Vec<_> = targets.iter().map(|target| (*target).to_owned()).collect();
    Endpoint::new(name, record_type, targets)
}

fn routed(mut endpoint: Endpoint, id: &str, properties: &[(&str, &str)]) -> Endpoint {
    endpoint.set_identifier = id.to_owned();
    for (name, value) in properties {
        endpoint.properties.set(*name, *value);
    }
    endpoint
}

fn group(key: &str, endpoints: &[Endpoint]) -> Group {
    let action = |endpoint: &Endpoint| Action {
        verb: Verb::Create,
        set: RecordSet::from_endpoint(endpoint, false).unwrap(),
    };
    Group { key: GroupKey::whole(key), actions: endpoints.iter().map(action).collect() }
}

/// Returns the batch that `texts.tsv` speaks of.
fn batch() -> Vec<Group> {
    let a = |name: &str| endpoint(name, RecordType::A, &["192.0.2.1"]);
    let alias = |name: &str, target: &str| {
        routed(endpoint(name, RecordType::A, &[target]), "", &[("alias", "true")])
    };
    let ownership_record =
        endpoint("deep.example.com", RecordType::Txt, &["\"heritage=external-dns\""]);
    let checked = [(WEIGHT, "1"), (HEALTH_CHECK_ID, HEALTH_CHECK)];
    [
        ("a.example.com", vec![a("a.example.com")]),
        ("b.example.com", vec![a("b.example.com")]),
        ("*.example.com", vec![a("*.example.com")]),
        ("example.com", vec![a("example.com")]),
        ("deep.example.com", vec![a("deep.example.com"), ownership_record]),
        ("w.example.com", vec![routed(a("w.example.com"), "beta", &[(REGION, "eu-west-1")])]),
        ("alias.example.com", vec![alias("alias.example.com", "lb-1.us-east-1.elb.amazonaws.com")]),
        ("self.example.com", vec![alias("self.example.com", "b.example.com")]),
        (
            "dup.example.com",
            vec![endpoint("dup.example.com", RecordType::A, &["192.0.2.7", "192.0.2.7"])],
        ),
        ("one.example.com", vec![endpoint("one.example.com", RecordType::A, &["192.0.2.7"])]),
        ("bad.example.com", vec![endpoint("bad.example.com", RecordType::A, &["300.1.1.1"])]),
        ("hc.example.com", vec![routed(a("hc.example.com"), "blue", &checked)]),
    ]
    .iter()
    .map(|(key, endpoints)| group(key, endpoints))
    .collect()
}

fn blamed(message: &str, groups: &[Group]) -> BTreeMap<String, ChangeError> {
    let blamed = blamed_groups(&[message.to_owned()], groups);
    blamed.into_iter().map(|(index, group)| (groups[index].key.name.clone(), group)).collect()
}

/// Returns the rows of `texts.tsv`: what is blamed, the source, the words.
fn rows() -> Vec<(BTreeSet<String>, &'static str, &'static str)> {
    let lines = include_str!("texts.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [blamed, source, text] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let blamed = blamed.split(' ').filter(|key| *key != "-").map(str::to_owned);
            (blamed.collect(), source, text)
        })
        .collect()
}

#[test]
fn each_refusal_that_is_known_blames_whom_it_is_about() {
    let groups = batch();
    assert!(rows().len() > 40);
    for (right, source, text) in rows() {
        assert!(source.starts_with("https://"), "{source}");
        let found: BTreeSet<_> = blamed(text, &groups).into_keys().collect();
        assert_eq!(found, right, "{text}");
    }
}

#[test]
fn a_refusal_of_one_sentence_is_told_to_its_end() {
    let groups = batch();
    for (right, _, text) in rows().into_iter().filter(|(right, ..)| right.len() == 1) {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let told = blamed(text, &groups);
        assert_eq!(told[right.first().unwrap()].text, inner, "every sentence is about one group");
    }
}

#[test]
fn a_refusal_of_several_sentences_tells_each_group_its_own() {
    let exists = |name: &str| {
        format!(
            "Tried to create resource record set [name='{name}.', type='A'] but it already exists"
        )
    };
    let latency = "RRSet with DNS name w.example.com., type A, SetIdentifier beta, and Region \
                   Name=eu-west-1 cannot be created because a latency RRSet with the same name, \
                   type and region already exists.";
    let message = format!("[{}, {latency}, {}]", exists("a.example.com"), exists("b.example.com"));
    let told = blamed(&message, &batch());
    assert_eq!(told["a.example.com"].text, exists("a.example.com"));
    assert_eq!(told["w.example.com"].text, latency);
    assert!(told["a.example.com"].is_stale && !told["w.example.com"].is_stale);
    assert_eq!(told.len(), 3);
}

#[test]
fn what_others_have_written_blames_no_change() {
    let framing = "x'] but it already exists, RRSet with DNS name a.example.com. is not permitted";
    let value = format!("\"{framing}\"");
    let mut groups = batch();
    let region = [(REGION, "eu-west-1")];
    let evil = |name: &str| endpoint(name, RecordType::A, &["192.0.2.1"]);
    groups.push(group("evil.example.com", &[routed(evil("evil.example.com"), framing, &region)]));
    groups.push(group(
        "text.example.com",
        &[endpoint("text.example.com", RecordType::Txt, &[value.as_str()])],
    ));
    for message in [
        format!(
            "[Tried to create resource record set [name='evil.example.com.', type='A', \
             set-identifier='{framing}'] but it already exists]"
        ),
        format!(
            "[RRSet with DNS name evil.example.com., type A, SetIdentifier {framing}, and Region \
             Name=eu-west-1 cannot be created because a latency RRSet exists.]"
        ),
        format!("[Invalid Resource Record: 'FATAL problem: X encountered with '{value}'']"),
        "[Invalid Resource Record: 'FATAL problem: X encountered with 'y', Tried to create \
         resource record set [name='a.example.com.', type='A'] but it already exists'']"
            .to_owned(),
    ] {
        let told = blamed(&message, &groups);
        assert!(!told.contains_key("a.example.com"), "{message}");
        let most = usize::from(!message.contains("with 'y'"));
        assert_eq!(told.len(), most, "{message}");
    }
}

#[test]
fn a_value_that_two_types_have_blames_no_change() {
    let mut groups = batch();
    let value = "300.1.1.1";
    groups.push(group("x.example.com", &[endpoint("x.example.com", RecordType::Aaaa, &[value])]));
    let message =
        format!("[Invalid Resource Record: 'FATAL problem: X encountered with '{value}'']");
    assert_eq!(blamed(&message, &groups), BTreeMap::new());
}

#[test]
fn a_long_refusal_is_read_once() {
    let groups: Vec<_> = (0..500)
        .map(|number| {
            let name = format!("n{number}.example.com");
            group(&name, &[endpoint(&name, RecordType::A, &["192.0.2.1"])])
        })
        .collect();
    let sentences: Vec<_> = groups
        .iter()
        .map(|group| {
            let name = &group.key.name;
            format!("Tried to create resource record set [name='{name}.', type='A'] but it already exists")
        })
        .collect();
    let told = blamed_groups(&[format!("[{}]", sentences.join(", "))], &groups);
    assert_eq!(told.len(), 500);
    assert!(told.iter().all(|(index, error)| error.text == sentences[*index]));
}

/// A way in which a batch can be wrong about one record set, in the words of AWS.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Exists,
    Gone,
    Conflict,
    Latency,
    Repeated,
}

impl Wrong {
    fn told(self, name: &str, id: &str) -> String {
        let name =
            WireName::from_text(&external_dns_webhook::DnsName::from(name)).as_str().to_owned();
        match self {
            Self::Exists => format!(
                "Tried to create resource record set [name='{name}.', type='A', \
                 set-identifier='{id}'] but it already exists"
            ),
            Self::Gone => format!(
                "Tried to delete resource record set [name='{name}.', type='A'] but it was not found"
            ),
            Self::Conflict => format!(
                "RRSet of type A with DNS name {name}. is not permitted because a conflicting RRSet \
                 of type  CNAME with the same DNS name already exists in zone example.com."
            ),
            Self::Latency => format!(
                "RRSet with DNS name {name}., type A, SetIdentifier {id}, and Region Name=eu-west-1 \
                 cannot be created because a latency RRSet with the same name, type and region \
                 already exists."
            ),
            Self::Repeated => format!(
                "The request contains an invalid set of changes for a resource record set 'A {name}.'"
            ),
        }
    }
}

fn any_wrong() -> impl Strategy<Value = Option<Wrong>> {
    proptest::option::of(prop_oneof![
        Just(Wrong::Exists),
        Just(Wrong::Gone),
        Just(Wrong::Conflict),
        Just(Wrong::Latency),
        Just(Wrong::Repeated),
    ])
}

/// Identifiers that people and tenants may think of, with everything that sentences are made of.
fn any_id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{1,30}",
        Just("x'] but it already exists, RRSet with DNS name example.com.".to_owned()),
        Just("blue, Tried to create an alias that targets example.com., type A".to_owned()),
        Just("encountered with 'changes.1.member".to_owned()),
    ]
}

proptest! {
    #[test]
    fn exactly_those_are_blamed_that_break_a_rule(
        names in proptest::collection::btree_map(
            "(\\*\\.)?[a-z]{1,3}(-[a-z0-9]{1,2})?(\\.[a-z]{1,2})?", (any_wrong(), any_id()), 1..12
        ),
    ) {
        // The apex is in every batch, and in every sentence that names the zone.
        let mut groups = vec![group(
            "example.com",
            &[endpoint("example.com", RecordType::A, &["192.0.2.1"])],
        )];
        let (mut right, mut told) = (BTreeSet::new(), Vec::new());
        for (name, (wrong, id)) in names {
            let name = format!("{name}.example.com");
            let set = endpoint(&name, RecordType::A, &["192.0.2.1"]);
            groups.push(group(&name, &[routed(set, &id, &[(REGION, "eu-west-1")])]));
            if let Some(wrong) = wrong {
                told.push(wrong.told(&name, &id));
                right.insert(name);
            }
        }
        let found = blamed(&format!("[{}]", told.join(", ")), &groups);
        prop_assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), right, "{:?}", told);
    }
}
