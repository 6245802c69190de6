//! Which zones are served, and which of them a name goes to.

use external_dns_webhook::{DomainFilter, Properties};

use super::*;
use crate::metrics::Metrics;
use crate::pace::Budget;

pub(super) fn account() -> Arc<Account> {
    let config = aws_sdk_route53::Config::builder()
        .behavior_version(aws_sdk_route53::config::BehaviorVersion::latest())
        .build();
    let client = aws_sdk_route53::Client::from_conf(config);
    Arc::new(Account::new("test", &client, Arc::new(Budget::new(0.0)), (1, Metrics::default())))
}

/// Reads `+example.com` as a private zone; ids are `Z1`, `Z2`, … in order.
fn zones(names: &[&str]) -> Vec<Arc<Zone>> {
    let account = account();
    let zone = |(index, name): (usize, &&str)| {
        Arc::new(Zone {
            id: format!("Z{}", index + 1).into(),
            name: WireName::from_api(name.trim_start_matches('+')),
            private: name.starts_with('+'),
            record_count: None,
            account: Arc::clone(&account),
        })
    };
    names.iter().enumerate().map(zone).collect()
}

fn chosen(zones: &[Arc<Zone>], name: &str, selection: &Selection) -> Vec<String> {
    let name = WireName::from_api(name);
    let Ok(choice) = selection.choose(&name, zones) else {
        return Vec::new();
    };
    let shown = |zone: &Arc<Zone>| format!("{}{}", if zone.private { "+" } else { "" }, zone.name);
    choice.iter().map(shown).collect()
}

#[test]
fn a_name_goes_to_the_longest_public_and_the_longest_private_zone() {
    let zones = zones(&[
        "example.org",
        "bar.example.org",
        "longfoo.bar.example.org",
        "+example.org",
        "+bar.example.org",
    ]);
    let chosen = |name| chosen(&zones, name, &Selection::Default);
    assert_eq!(chosen("foobar.example.org"), ["example.org", "+example.org"]);
    assert_eq!(chosen("bar.example.org"), ["bar.example.org", "+bar.example.org"]);
    assert_eq!(chosen("foo.bar.example.org"), ["bar.example.org", "+bar.example.org"]);
    assert_eq!(chosen("foo.example.org"), ["example.org", "+example.org"]);
    assert_eq!(chosen("foo.kubernetes.io"), Vec::<String>::new());
    assert_eq!(chosen("FOO.Example.ORG."), ["example.org", "+example.org"]);
}

#[test]
fn an_object_can_restrict_or_widen_the_choice() {
    let zones = zones(&["example.org", "in.example.org", "+example.org", "+in.example.org"]);
    let chosen = |selection: &Selection| chosen(&zones, "x.in.example.org", selection);
    assert_eq!(chosen(&Selection::Public), ["in.example.org"]);
    assert_eq!(chosen(&Selection::Private), ["+in.example.org"]);
    let ids = |ids: &[&str]| Selection::Ids(ids.iter().map(|id| (*id).to_owned()).collect());
    assert_eq!(chosen(&ids(&["Z1"])), ["example.org"], "a parent, when it is given");
    assert_eq!(chosen(&ids(&["Z4", "Z2"])), ["in.example.org", "+in.example.org"]);
    assert_eq!(chosen(&ids(&["Z9"])), Vec::<String>::new());
}

#[test]
fn properties_select_zones_in_every_spelling() {
    let selection = |properties: &[(&str, &str)]| {
        Selection::from_properties(&crate::properties::canonical(
            &properties.iter().copied().collect::<Properties>(),
        ))
    };
    assert_eq!(selection(&[]), Ok(Selection::Default));
    assert_eq!(selection(&[("zone", "public")]), Ok(Selection::Public));
    assert_eq!(selection(&[("webhook/zone", "private")]), Ok(Selection::Private));
    let pinned = Ok(Selection::Ids(vec!["Z1".to_owned()]));
    assert_eq!(selection(&[("aws/hosted-zone-id", "/hostedzone/Z1")]), pinned);
    assert_eq!(selection(&[("webhook/aws-hosted-zone-id", "Z1")]), pinned);
    assert!(selection(&[("zone", "pubic")]).is_err());
}

#[test]
fn a_blank_choice_of_zones_is_none() {
    for name in ["zone", "aws/hosted-zone-id"] {
        for value in ["", " ", ",", " , "] {
            let properties = Properties::from_iter([(name, value)]);
            let selection = Selection::from_properties(&crate::properties::canonical(&properties));
            assert!(selection.is_err(), "{name}={value:?}: {selection:?}");
        }
        let properties = Properties::from_iter([(name, "Z2, Z1,")]);
        let ids = Selection::Ids(vec!["Z1".to_owned(), "Z2".to_owned()]);
        assert_eq!(Selection::from_properties(&properties), Ok(ids));
    }
}

#[test]
fn a_kind_and_ids_must_go_together() {
    let zones = zones(&["example.org", "+example.org"]);
    let choose = |zone: &str, id: &str| {
        let properties = Properties::from_iter([("zone", zone), ("aws/hosted-zone-id", id)]);
        let selection =
            Selection::from_properties(&properties).map_err(|error| error.to_string())?;
        let name = WireName::from_api("www.example.org");
        let chosen = selection.choose(&name, &zones).map_err(|no_zone| {
            assert_eq!(no_zone.code(), "InvalidProperty");
            no_zone.to_string()
        })?;
        Ok::<_, String>(chosen.iter().map(|zone| zone.id.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(choose("private", "Z2"), Ok(vec!["Z2".to_owned()]));
    assert_eq!(choose("public", "Z1"), Ok(vec!["Z1".to_owned()]));
    assert_eq!(choose("Z1", "/hostedzone/Z1"), Ok(vec!["Z1".to_owned()]));
    for (zone, id) in [("private", "Z1"), ("public", "Z2"), ("public", "Z1,Z2"), ("Z1", "Z2")] {
        let error = choose(zone, id).unwrap_err();
        assert!(error.contains("`zone`") && error.contains("`aws/hosted-zone-id`"), "{error}");
    }
}

#[test]
fn ids_match_by_their_end() {
    let zones = zones(&["a.com", "b.com", "c.com"]);
    let kept = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let filter = ZoneFilter { ids, ..ZoneFilter::default() };
        zones.iter().filter(|zone| filter.covers(zone)).count()
    };
    assert_eq!(kept(&[]), 3);
    assert_eq!(kept(&["/hostedzone/Z1"]), 1);
    assert_eq!(kept(&["Z1"]), 1);
    assert_eq!(kept(&["1", "2"]), 2);
}

#[test]
fn whole_ids_need_no_listing() {
    let whole = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        ZoneFilter { ids, ..ZoneFilter::default() }.whole_ids().is_some()
    };
    assert!(whole(&["Z0123456789ABC", "/hostedzone/Z9"]));
    assert!(!whole(&["Z0123456789ABC", "89ABC"]));
    assert!(!whole(&[]));
}

#[test]
fn parents_are_served_when_configured() {
    let zones = zones(&["a.com", "b.com", "c.com"]);
    let kept = |include: &str, match_parent| {
        let domains = DomainFilter::lists([include], [""; 0]);
        let filter = ZoneFilter { domains, match_parent, ..ZoneFilter::default() };
        let kept = zones.iter().filter(|zone| filter.covers(zone));
        kept.map(|zone| zone.name.to_text()).collect::<Vec<_>>()
    };
    assert_eq!(kept("x.a.com", true), ["a.com"]);
    assert!(kept("x.a.com", false).is_empty());
    assert!(kept(".x.a.com", true).is_empty());
}

#[test]
fn an_excluded_part_of_a_domain_is_not_served_and_parents_are_only_above_it() {
    let names = [
        "sub.example.com",
        "a.sub.example.com",
        "x.sub.example.com",
        "y.x.sub.example.com",
        "example.com",
        "notsub.example.com",
        "com",
    ];
    let zones = zones(&names);
    let kept = |exclude: &str, match_parent| {
        let domains = DomainFilter::lists(["sub.example.com"], [exclude]);
        let filter = ZoneFilter { domains, match_parent, ..ZoneFilter::default() };
        let kept = zones.iter().filter(|zone| filter.covers(zone));
        kept.map(|zone| zone.name.to_text()).collect::<Vec<_>>()
    };
    let parts = ["sub.example.com", "a.sub.example.com"];
    assert_eq!(kept("x.sub.example.com", false), parts);
    assert_eq!(kept("x.sub.example.com", true), [&parts[..], &["example.com", "com"]].concat());
    assert_eq!(kept("example.com", true), ["com"], "an excluded parent is no parent");
    assert!(
        !DomainFilter::lists(["sub.example.com"], ["x.sub.example.com"])
            .covers_below(&"sub.example.com".into())
    );
}

// Q9 of docs/compatibility.md.
#[test]
fn an_expression_still_filters_when_parents_are_served() {
    let zones = zones(&["a.com", "b.com"]);
    let domains = DomainFilter::patterns(external_dns_webhook::Pattern::new("^a").ok(), None);
    let filter = ZoneFilter { domains, match_parent: true, ..ZoneFilter::default() };
    assert!(filter.covers(&zones[0]) && !filter.covers(&zones[1]));
}

#[test]
fn tags_must_all_be_there() {
    let has = |given: &[&str], tags: &[(&str, &str)]| {
        let filter = ZoneFilter {
            tags: given.iter().filter_map(|tag| ZoneTag::parse(tag)).collect(),
            ..ZoneFilter::default()
        };
        let tags: Vec<_> = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        filter.covers_tags(&tags)
    };
    assert!(has(&["k=v"], &[("k", "v")]));
    assert!(has(&["k"], &[("k", "anything")]));
    assert!(has(&["k="], &[("k", "anything")]));
    assert!(has(&[" k = v "], &[("k", "v")]));
    assert!(has(&["=v"], &[]));
    assert!(!has(&["k=v"], &[("k", "w")]));
    assert!(!has(&["k=v", "l"], &[("k", "v")]));
    assert!(has(&["k=v", "k=w"], &[("k", "w")]));
}

#[test]
fn controllers_are_told_each_name_and_its_dotted_form() {
    let zones = zones(&["zone-1.t2.do", "zone-2.t2.do", "zone-3.t2.do", "zone-4.t3.do"]);
    let names = ZoneFilter::default().served_names(zones.iter().map(|zone| &**zone));
    let DomainFilter::Lists { include, exclude } = names else { panic!("no lists") };
    let expected = ["zone-1.t2.do", "zone-2.t2.do", "zone-3.t2.do", "zone-4.t3.do"];
    let mut expected: Vec<_> =
        expected.iter().flat_map(|name| [(*name).to_owned(), format!(".{name}")]).collect();
    expected.sort();
    assert_eq!(include, expected);
    assert!(exclude.is_empty());
}

#[test]
fn a_parent_zone_is_narrowed_to_what_is_configured() {
    let zones = zones(&["example.com"]);
    let domains = DomainFilter::lists(["in.example.com"], ["x.in.example.com"]);
    let filter = ZoneFilter { domains, match_parent: true, ..ZoneFilter::default() };
    let names = filter.served_names(zones.iter().map(|zone| &**zone));
    let covers = |name: &str| names.covers(&external_dns_webhook::DnsName::from(name));
    assert!(covers("in.example.com") && covers("a.in.example.com"));
    assert!(!covers("www.example.com") && !covers("a.x.in.example.com"));
}
