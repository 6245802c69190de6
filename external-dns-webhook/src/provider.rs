//! The one trait a provider implements and a controller calls.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::{Adjusted, Applied, Changes, DnsName, Endpoint, Negotiation, Zone};

/// A DNS service that can list and change its records.
///
/// The controller holds a provider that speaks HTTP; the sidecar holds the one that does the work.
/// Both are this trait, so either side can be tested against the other's fake.
///
/// The first four functions are version 1 of the protocol. The others are extensions: a provider
/// offers one by naming it in [`Negotiation::extensions`] and overriding its function.
pub trait Provider: Send + Sync + 'static {
    /// Returns which names the provider serves and which extensions it offers.
    ///
    /// # Errors
    ///
    /// Returns an error when the provider does not know its zones yet.
    fn negotiate(&self) -> impl Future<Output = Result<Negotiation, ProviderError>> + Send {
        async { Ok(Negotiation::default()) }
    }

    /// Lists every record set the provider may touch.
    ///
    /// # Errors
    ///
    /// Returns an error when the list is not complete: a partial list would read as deletions.
    fn records(&self) -> impl Future<Output = Result<Vec<Endpoint>, ProviderError>> + Send;

    /// Rewrites desired record sets into the form [`records`](Self::records) will report them in.
    ///
    /// # Errors
    ///
    /// Returns an error when the provider cannot answer. A single record set that it will not
    /// serve is no error: it comes back in [`Adjusted::refused`].
    fn adjust(
        &self,
        desired: Vec<Endpoint>,
    ) -> impl Future<Output = Result<Adjusted, ProviderError>> + Send {
        async move { Ok(Adjusted { endpoints: desired, refused: Vec::new() }) }
    }

    /// Returns what adjusts a long list one record set after the other; `None`, the default, when
    /// only whole lists will do.
    ///
    /// What it answers is what [`adjust`](Self::adjust) would; it only needs less memory.
    ///
    /// # Errors
    ///
    /// As [`adjust`](Self::adjust).
    fn adjuster(
        self: Arc<Self>,
    ) -> impl Future<Output = Result<Option<Box<dyn Adjuster>>, ProviderError>> + Send {
        async { Ok(None) }
    }

    /// Writes `changes`. Safe to repeat: a second call with the same changes is harmless.
    ///
    /// # Errors
    ///
    /// Returns an error when it is not known what was written. Changes that were refused one by
    /// one, while the others were written, come back in [`Applied::refused`].
    fn apply(
        &self,
        changes: Changes,
    ) -> impl Future<Output = Result<Applied, ProviderError>> + Send;

    /// Lists the record sets of the given names only, all types and set identifiers.
    ///
    /// # Errors
    ///
    /// As [`records`](Self::records); also when the provider does not offer
    /// [`Extension::RecordsByName`](crate::Extension::RecordsByName).
    fn records_named(
        &self,
        names: Vec<DnsName>,
    ) -> impl Future<Output = Result<Vec<Endpoint>, ProviderError>> + Send {
        async move {
            let all = self.records().await?;
            Ok(all.into_iter().filter(|record| names.contains(&record.dns_name)).collect())
        }
    }

    /// Lists the zones the provider serves; see [`Extension::Zones`](crate::Extension::Zones).
    ///
    /// # Errors
    ///
    /// Returns an error when the zones are not known.
    fn zones(&self) -> impl Future<Output = Result<Vec<Zone>, ProviderError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Returns a mark that changes whenever [`records`](Self::records) would answer differently.
    ///
    /// `None` when the provider cannot tell; the HTTP server uses it as the `ETag`.
    fn revision(&self) -> impl Future<Output = Option<String>> + Send {
        async { None }
    }

    /// Returns how long ago the oldest part of what [`records`](Self::records) answers with was read.
    ///
    /// `None` when the provider cannot tell; the HTTP server sends it as the `Age`.
    fn age(&self) -> impl Future<Output = Option<Duration>> + Send {
        async { None }
    }

    /// Has what is held read anew for the next list, however sure the provider is of it.
    ///
    /// The HTTP server asks for it when a request says `Cache-Control: no-cache`. A provider that keeps
    /// nothing has nothing to do, and one may call new what it has just read.
    ///
    /// # Errors
    ///
    /// Returns an error when that cannot be asked for. That it could not be read shows in the [`age`](Self::age).
    fn refresh(&self) -> impl Future<Output = Result<(), ProviderError>> + Send {
        async { Ok(()) }
    }

    /// Lists every record set unless nothing has changed since the revision `seen`.
    ///
    /// # Errors
    ///
    /// As [`records`](Self::records).
    fn records_since(
        &self,
        seen: Option<String>,
    ) -> impl Future<Output = Result<Listing, ProviderError>> + Send {
        async move {
            // Read before the records: a change in between makes the mark too old, never too new.
            let revision = self.revision().await;
            if revision.is_some() && revision == seen {
                return Ok(Listing::Unchanged);
            }
            Ok(Listing::Changed { records: self.records().await?, revision })
        }
    }

    /// Does as [`records_since`](Self::records_since), with each record set made when it is taken; by default
    /// all are made at once.
    ///
    /// The HTTP server writes a list from it: a provider of many record sets need not have them all in
    /// memory as endpoints, too.
    ///
    /// # Errors
    ///
    /// As [`records`](Self::records).
    fn stream_since(
        &self,
        seen: Option<String>,
    ) -> impl Future<Output = Result<Listing<EndpointStream>, ProviderError>> + Send {
        async move {
            Ok(match self.records_since(seen).await? {
                Listing::Unchanged => Listing::Unchanged,
                Listing::Changed { records, revision } => {
                    let records: EndpointStream = Box::new(records.into_iter());
                    Listing::Changed { records, revision }
                }
            })
        }
    }
}

/// Record sets, each made when it is taken. What it rests on does not change meanwhile.
pub type EndpointStream = Box<dyn Iterator<Item = Endpoint> + Send>;

/// What a provider holds, or that it is what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing<R = Vec<Endpoint>> {
    /// Nothing has changed since the revision that was named.
    Unchanged,
    /// Everything, as [`Provider::records`] lists it.
    Changed {
        /// Every record set the provider may touch.
        records: R,
        /// Its mark; `None` when the provider cannot tell.
        revision: Option<String>,
    },
}

/// Adjusts a list that is too long to be held, one record set after the other.
///
/// Every record set is shown to [`survey`](Self::survey) before the first is adjusted, because what
/// becomes of one can depend on what else is desired.
pub trait Adjuster: Send {
    /// Takes in that a record set is desired.
    fn survey(&mut self, desired: &Endpoint);

    /// Adjusts a record set, and adds what becomes of it.
    fn adjust(&mut self, desired: Endpoint, adjusted: &mut Adjusted);

    /// Adds what comes after all others; called once, at the end.
    fn finish(&mut self, adjusted: &mut Adjusted);
}

/// Why a provider could not do what was asked.
///
/// It reads as its cause: what may be done about it is in the variant, and no head is put before
/// what went wrong.
#[derive(Debug)]
pub enum ProviderError {
    /// Worth trying again without changing anything: a timeout, a throttle, a 5xx.
    Unavailable {
        /// How long the provider asks to be left alone; `None` when it did not say.
        retry_after: Option<Duration>,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Trying again cannot help until the input or the configuration changes.
    Refused(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unavailable { source, .. } | Self::Refused(source)) = self;
        source.fmt(f)
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let (Self::Unavailable { source, .. } | Self::Refused(source)) = self;
        source.source()
    }
}

impl ProviderError {
    /// Returns an [`Unavailable`](Self::Unavailable) that does not say when to come back.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { retry_after: None, source: source.into() }
    }

    /// Returns a [`Refused`](Self::Refused).
    pub fn refused(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused(source.into())
    }
}

/// Returns an error and its causes in one line.
#[cfg(any(feature = "conformance", feature = "server"))]
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
