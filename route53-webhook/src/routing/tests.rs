//! Routing policies on the trip to Route 53 and back, and what is refused.

use aws_sdk_route53::types::RrType;
use proptest::prelude::*;

use super::geoproximity::Place;
use super::*;
use crate::properties::{
    COUNTRY, MULTI_VALUE_ANSWER, PROXIMITY_BIAS, PROXIMITY_COORDINATES, PROXIMITY_LOCAL_ZONE_GROUP,
    PROXIMITY_REGION, REGION, WEIGHT, canonical, check,
};

fn parse(properties: &[(&str, &str)]) -> Result<Option<Routing>, InvalidProperty> {
    Routing::from_properties(&properties.iter().copied().collect())
}

fn text() -> impl Strategy<Value = Box<str>> {
    "[a-zA-Z0-9*-]{1,12}".prop_map(String::into_boxed_str)
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        text().prop_map(Place::Region),
        text().prop_map(Place::LocalZoneGroup),
        (-90_i32..=90, -180_i32..=180).prop_map(|(latitude, longitude)| Place::Coordinates {
            latitude: latitude.to_string().into(),
            longitude: longitude.to_string().into(),
        }),
    ]
}

/// Says what is drawn of each policy; one that is left out does not compile.
macro_rules! draw {
    ($($policy:ident => $drawn:expr),+ $(,)?) => {
        fn any_routing() -> impl Strategy<Value = Routing> {
            prop_oneof![$($drawn.prop_map(Routing::$policy)),+]
        }

        #[expect(dead_code, reason = "it only has to compile")]
        fn every_policy_is_drawn(routing: &Routing) {
            match routing {
                $(Routing::$policy(_))|+ => {}
            }
        }
    };
}

draw! {
    Weighted => any::<u8>().prop_map(|weight| Weighted { weight }),
    Latency => text().prop_map(|region| Latency { region }),
    Failover => prop_oneof![Just(Failover::Primary), Just(Failover::Secondary)],
    MultiValue => Just(MultiValue),
    Geolocation => prop_oneof![
        text().prop_map(Geolocation::Continent),
        text().prop_map(Geolocation::Subdivision),
        (text(), proptest::option::of(text()))
            .prop_map(|(country, subdivision)| Geolocation::Country { country, subdivision }),
    ],
    Geoproximity => (place(), -99_i8..=99).prop_map(|(place, bias)| Geoproximity { place, bias }),
    Cidr => (text(), text()).prop_map(|(collection, location)| Cidr { collection, location }),
}

proptest! {
    #[test]
    fn every_policy_survives_the_trip_through_properties(routing in any_routing()) {
        let mut properties = Properties::default();
        routing.to_properties(&mut properties);
        prop_assert_eq!(check(&properties), Ok(()));
        prop_assert_eq!(Routing::from_properties(&canonical(&properties)), Ok(Some(routing)));
    }

    /// A controller tells record sets that cannot stand side by side before it sends them.
    #[test]
    fn every_policy_is_one_that_controllers_recognize(routing in any_routing(), other in any_routing()) {
        let policy = |routing: &Routing| {
            let mut properties = Properties::default();
            routing.to_properties(&mut properties);
            properties.routing_policy()
        };
        prop_assert!(policy(&routing).is_some());
        prop_assert_eq!(
            policy(&routing) == policy(&other),
            routing.kind() == other.kind()
        );
    }

    #[test]
    fn every_policy_survives_the_trip_through_the_api(routing in any_routing()) {
        let set = ResourceRecordSet::builder().name("a").r#type(RrType::A).set_identifier("s");
        let set = routing.to_api(set).build().unwrap();
        prop_assert_eq!(Routing::from_api(&set), Some(routing));
    }
}

#[test]
fn a_weight_that_is_no_number_is_refused_and_never_zero() {
    for value in ["1O0", "", "-1", "256", "10.5"] {
        let error = parse(&[(WEIGHT, value)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("property `aws/weight` is `{value}`: use a whole number from 0 to 255")
        );
    }
    assert_eq!(parse(&[(WEIGHT, "0")]), Ok(Some(Routing::Weighted(Weighted { weight: 0 }))));
}

#[test]
fn biases_and_coordinates_are_read_or_refused() {
    let bias = |value| parse(&[(PROXIMITY_REGION, "us-east-1"), (PROXIMITY_BIAS, value)]);
    for (text, value) in [("10", 10), ("-5", -5), ("0", 0), ("99", 99), ("-99", -99)] {
        let place = Place::Region("us-east-1".into());
        let expected = Routing::Geoproximity(Geoproximity { place, bias: value });
        assert_eq!(bias(text), Ok(Some(expected)));
    }
    for value in ["abc", "10.5", "", "100"] {
        assert!(bias(value).is_err(), "{value}");
    }
    for value in ["45.0,90.0", "-90.0,-180.0", "90.0,180.0"] {
        let (latitude, longitude) = value.split_once(',').unwrap();
        let place = Place::Coordinates { latitude: latitude.into(), longitude: longitude.into() };
        let expected = Routing::Geoproximity(Geoproximity { place, bias: 0 });
        assert_eq!(parse(&[(PROXIMITY_COORDINATES, value)]), Ok(Some(expected)), "as it is");
    }
    for value in ["91.0,90.0", "45.0,-181.0", "45.0", "45.0,90.0,10.0", "abc,def"] {
        assert!(parse(&[(PROXIMITY_COORDINATES, value)]).is_err(), "{value}");
    }
    for name in [PROXIMITY_REGION, PROXIMITY_LOCAL_ZONE_GROUP] {
        assert!(parse(&[(name, "")]).is_err(), "a place without a name");
    }
}

// Q5 of docs/compatibility.md.
#[test]
fn multivalue_answers_are_turned_on_and_off_in_words() {
    let multi = |value| parse(&[(MULTI_VALUE_ANSWER, value)]);
    for value in ["true", ""] {
        assert_eq!(multi(value), Ok(Some(Routing::MultiValue(MultiValue))), "{value}");
    }
    assert_eq!(multi("false"), Ok(None));
    assert!(multi("yes").is_err());
}

#[test]
fn two_policies_at_once_are_refused() {
    let error = parse(&[(WEIGHT, "1"), (REGION, "eu-west-1")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "property `aws/region` is `eu-west-1`: it cannot be combined with `aws/weight`; keep one \
         routing policy"
    );
}

#[test]
fn a_continent_wins_over_a_country() {
    let both = parse(&[(crate::properties::CONTINENT, "EU"), (COUNTRY, "DE")]);
    assert_eq!(both, Ok(Some(Routing::Geolocation(Geolocation::Continent("EU".into())))));
}
