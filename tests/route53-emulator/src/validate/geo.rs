//! The places that geolocation routing knows.
//!
//! Continents and the rules of combination are those of `GeoLocation` in the API reference; countries
//! are ISO 3166-1 alpha-2, subdivisions the postal codes of the United States and ISO 3166-2:UA.

/// The seven continents.
const CONTINENTS: &str = "AF AN AS EU NA OC SA";

/// Every country.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ \
    BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE \
    DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR \
    GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP \
    KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
    MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM \
    ZW";

/// The parts of the United States.
const US_SUBDIVISIONS: &str = "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI \
    MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY";

/// The parts of Ukraine.
const UA_SUBDIVISIONS: &str = "05 07 09 12 14 18 21 23 26 30 32 35 40 43 46 48 51 53 56 59 61 63 65 \
    68 71 74 77";

/// Tells whether this is a continent's code.
pub(crate) fn is_continent(code: &str) -> bool {
    contains(CONTINENTS, code)
}

/// Tells whether this is a country's code, or the `*` that stands for every other place.
pub(crate) fn is_country(code: &str) -> bool {
    code == "*" || contains(COUNTRIES, code)
}

/// Tells whether the country has this part.
pub(crate) fn is_subdivision(country: &str, code: &str) -> bool {
    match country {
        "US" => contains(US_SUBDIVISIONS, code),
        "UA" => contains(UA_SUBDIVISIONS, code),
        _ => false,
    }
}

fn contains(codes: &str, code: &str) -> bool {
    codes.split_whitespace().any(|known| known == code)
}
