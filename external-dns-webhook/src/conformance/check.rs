//! What is checked: one row for each demand of the protocol, in the order in which it is tried.

/// Makes the enum of all checks from one table, so that none is left out of a list.
macro_rules! checks {
    ($($check:ident $id:literal $section:literal needs [$($need:ident)*] $demand:literal)*) => {
        /// One demand of the protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $(#[doc = $demand] $check,)*
        }

        impl Check {
            /// All checks, in the order in which they are tried.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// Returns its name, which stays as it is between versions.
            pub fn id(self) -> &'static str {
                match self { $(Self::$check => $id,)* }
            }

            /// Returns what is demanded, in one sentence without a full stop.
            pub fn demand(self) -> &'static str {
                match self { $(Self::$check => $demand,)* }
            }

            /// Returns where the documentation of the protocol says so: a page of `proto-docs` and
            /// a heading in it.
            pub fn section(self) -> &'static str {
                match self { $(Self::$check => $section,)* }
            }

            /// Returns the checks without which this one makes no sense.
            pub(super) fn needs(self) -> &'static [Self] {
                match self { $(Self::$check => &[$(Self::$need,)*],)* }
            }
        }
    };
}

checks! {
    Negotiates "negotiates" "webhook-v1.md#requests" needs []
        "`GET /` answers 200 with one JSON object"
    NegotiationType "negotiation-type" "webhook-v1.md#requests" needs [Negotiates]
        "the `Content-Type` of negotiation is the media type, byte for byte"
    AnyAccept "any-accept" "webhook-v1.md#requests" needs [Negotiates]
        "negotiation is answered alike whatever `Accept` says, and as often as it is asked"
    DomainFilter "domain-filter" "webhook-v1.md#domain-filter" needs [Negotiates]
        "the answer to negotiation is a domain filter that controllers read as it is meant"
    Declarations "declarations" "extensions.md#property-prefixes" needs [Negotiates]
        "`extensions` and `propertyPrefixes`, where there are any, are lists of strings, and a \
         prefix ends with its slash"
    Lists "lists" "webhook-v1.md#requests" needs [Negotiates]
        "`GET /records` answers 200 with a list, within the deadline"
    ListType "list-type" "webhook-v1.md#requests" needs [Lists]
        "the `Content-Type` of a list is the media type"
    ListShape "list-shape" "webhook-v1.md#record-set" needs [Lists]
        "every listed record set has a name and a type, and members of the types that the protocol \
         says, without `null`"
    ListUnique "list-unique" "webhook-v1.md#record-set" needs [Lists]
        "no two listed record sets share name, type and set identifier"
    ListCompressed "list-compressed" "webhook-v1.md#requests" needs [Lists]
        "a client that takes gzip gets the same list, plain or in gzip that says so"
    Adjusts "adjusts" "webhook-v1.md#requests" needs [Negotiates]
        "`POST /adjustendpoints` answers 200 with a list, within the deadline"
    AdjustType "adjust-type" "webhook-v1.md#requests" needs [Adjusts]
        "the `Content-Type` of what adjust returns is the media type"
    AdjustShape "adjust-shape" "webhook-v1.md#record-set" needs [Adjusts]
        "adjusted record sets have members of the types that the protocol says, without `null`"
    AdjustKeepsAll "adjust-keeps-all" "webhook-v1.md#what-each-call-means" needs [Adjusts]
        "adjust returns every record set under its name, type and set identifier, and the targets \
         it came with"
    AdjustKeepsLabels "adjust-keeps-labels" "webhook-v1.md#what-each-call-means"
        needs [Adjusts AdjustKeepsAll]
        "adjust returns the labels it got"
    AdjustTwice "adjust-twice" "webhook-v1.md#what-each-call-means" needs [Adjusts]
        "what was adjusted comes back from adjust as it is"
    AdjustNothing "adjust-nothing" "webhook-v1.md#json" needs [Adjusts]
        "adjust answers `[]` and `null` with the empty list"
    AdjustUnknownMember "adjust-unknown-member" "webhook-v1.md#json" needs [Adjusts]
        "a member that the provider does not know is ignored by adjust"
    AdjustBadBody "adjust-bad-body" "webhook-v1.md#failures" needs [Adjusts]
        "adjust answers a body that is not JSON, or empty, with 400"
    BigBody "big-body" "webhook-v1.md#requests" needs [Adjusts]
        "a request of 3 MB is served: 20,000 record sets"
    Overlapping "overlapping" "webhook-v1.md#requests" needs [Lists Adjusts]
        "requests that overlap are all served"
    RecordsByName "records-by-name" "extensions.md#records-by-name" needs [Declarations Lists]
        "where it is offered, `GET /records?name=…` lists the record sets of these names and no \
         others"
    ConditionalRecords "conditional-records" "extensions.md#conditional-records"
        needs [Declarations Lists]
        "where it is offered, the list has an `ETag`, and `If-None-Match` with it is answered 304"
    Age "age" "extensions.md#age" needs [Lists]
        "`Age`, where it comes with a list, is a whole number of seconds, and a list that is asked for with \
         `Cache-Control: no-cache` is the whole list, and no older than before"
    AdjustOutcomes "adjust-outcomes" "extensions.md#outcomes" needs [Declarations Adjusts]
        "where it is offered, adjust with `Prefer: return=representation` tells what it took from \
         what it refuses, and forgets none"
    Zones "zones" "extensions.md#zones" needs [Declarations]
        "where it is offered, `GET /zones` lists zones with an id and a name"
    ZonedRecords "zoned-records" "extensions.md#zoned-records" needs [Declarations Lists ListShape Zones]
        "where it is offered, a list with `zoned=true` has each record set once in each zone, with a zone \
         that `GET /zones` lists, and a list without it says no zones"
    ZonedAdjust "zoned-adjust" "extensions.md#zoned-records" needs [ZonedRecords AdjustOutcomes]
        "where it is offered, adjust with `zoned=true` answers with the zones that shall hold each record \
         set, and leaves what it answered as it is"
    ZoneServed "zone-served" "webhook-v1.md#what-each-call-means"
        needs [DomainFilter ListShape Adjusts]
        "the domain filter covers the zone that is to be written to"
    Creates "creates" "webhook-v1.md#requests" needs [ZoneServed]
        "`POST /records` that creates record sets answers 204 without a body"
    CreatedIsListed "created-is-listed" "README.md#what-makes-it-a-good-one" needs [Creates]
        "what adjust returned is what the list reports once it is written"
    CreateTwice "create-twice" "webhook-v1.md#what-each-call-means" needs [Creates]
        "the same creation a second time answers 204 and changes nothing"
    OwnershipRecordWithoutTtl "ownership-without-ttl" "upstream-quirks.md#what-controllers-send" needs [CreatedIsListed]
        "an ownership record is written, although adjust never saw it and it has no TTL"
    TextIsKept "text-is-kept" "README.md#what-makes-it-a-good-one" needs [CreatedIsListed]
        "text comes back as it went, with blanks and capitals, and beyond 255 bytes"
    UnknownProperty "unknown-property" "webhook-v1.md#what-each-call-means" needs [CreatedIsListed]
        "a property that the provider does not know is dropped by adjust, or else listed"
    Wildcard "wildcard" "webhook-v1.md#record-set" needs [CreatedIsListed]
        "a wildcard that is taken is listed with `*` as its first label"
    CapitalisedChanges "capitalised-changes" "webhook-v1.md#changes" needs [CreatedIsListed]
        "changes in the capitalised spelling, with `null` for empty lists, are written"
    UnknownMembers "unknown-members" "webhook-v1.md#json" needs [CreatedIsListed]
        "members that the provider does not know are ignored in changes"
    Updates "updates" "webhook-v1.md#changes" needs [CreatedIsListed]
        "an update answers 204 and the list shows the new state"
    UpdateTwice "update-twice" "webhook-v1.md#what-each-call-means" needs [Updates]
        "the same update a second time answers 204 and changes nothing"
    TypeChange "type-change" "webhook-v1.md#changes" needs [CreatedIsListed]
        "one request can delete a CNAME and create an address of its name"
    NoChanges "no-changes" "webhook-v1.md#changes" needs [Creates]
        "`{}`, `null` and four `null` lists answer 204 and change nothing"
    BadChanges "bad-changes" "webhook-v1.md#failures" needs [Creates]
        "changes that are not JSON, or empty, are answered with 400"
    MarkMoves "mark-moves" "extensions.md#conditional-records" needs [ConditionalRecords Creates]
        "where it is offered, the `ETag` of the list changes with the list"
    ApplyOutcomes "apply-outcomes" "extensions.md#outcomes" needs [Declarations CreatedIsListed]
        "where it is offered, apply with `Prefer: return=representation` answers 200 with what it \
         refused"
    ZonedWrites "zoned-writes" "extensions.md#zoned-records" needs [ZonedAdjust Creates]
        "where it is offered, a change is made in the zone that it says, and in no other"
    Deletes "deletes" "webhook-v1.md#requests" needs [Creates]
        "a deletion answers 204, and the record set is gone from the list"
    DeleteTwice "delete-twice" "webhook-v1.md#what-each-call-means" needs [Deletes]
        "the same deletion a second time answers 204"
    CleansUp "cleans-up" "webhook-v1.md#what-each-call-means" needs [ZoneServed]
        "everything that was written for the checks can be deleted in one request"
    RetryAfter "retry-after" "extensions.md#retry-after" needs [Negotiates]
        "`Retry-After`, where it came with a 503, is a whole number of seconds"
}
