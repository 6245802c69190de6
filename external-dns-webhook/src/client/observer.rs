//! Who is told of every request that a client sends, such as a counter.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One request and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange<'a> {
    /// Method, such as `GET`.
    pub method: &'a str,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// Whom it was sent to, with the port where that is not the usual one.
    pub host: &'a str,
    /// Path of the URL.
    pub path: &'a str,
    /// Status of the answer; `None` when there was none.
    pub status: Option<u16>,
    /// Time until the answer began, or until it was known that there is none.
    pub duration: Duration,
}

/// How far a write has come that takes several requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteProgress {
    /// How many changes were sent and answered, taken or not.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

/// What is told of requests; by default nothing.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use external_dns_webhook::client::{Client, Observer, ClientOptions};
///
/// let count = Arc::new(AtomicUsize::new(0));
/// let seen = Arc::clone(&count);
/// let observer = Observer::new(move |_exchange| drop(seen.fetch_add(1, Ordering::Relaxed)));
/// let client = Client::new(&ClientOptions { observer, ..ClientOptions::default() })?;
/// assert_eq!(count.load(Ordering::Relaxed), 0);
/// # Ok::<(), external_dns_webhook::client::BadUrl>(())
/// ```
#[derive(Clone, Default)]
pub struct Observer {
    exchange: Option<Arc<TellExchange>>,
    progress: Option<Arc<TellProgress>>,
}

type TellExchange = dyn Fn(&Exchange<'_>) + Send + Sync;

type TellProgress = dyn Fn(WriteProgress) -> Result<(), BoxError> + Send + Sync;

/// Why a write does not go on.
type BoxError = Box<dyn Error + Send + Sync>;

impl Observer {
    /// Returns an observer that calls `tell` for each request, once the answer has begun.
    pub fn new(tell: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        Self { exchange: Some(Arc::new(tell)), progress: None }
    }

    /// Calls `tell`, too, in a write that takes several requests, after each of them but the last; what is left is not
    /// sent when it returns an error.
    #[must_use]
    pub fn with_progress(
        self,
        tell: impl Fn(WriteProgress) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { progress: Some(Arc::new(tell)), ..self }
    }

    /// Tells of one request.
    pub fn tell(&self, exchange: &Exchange<'_>) {
        if let Some(tell) = &self.exchange {
            tell(exchange);
        }
    }

    /// Tells how far a write has come.
    ///
    /// # Errors
    ///
    /// Returns why the rest is not to be sent.
    pub fn tell_progress(&self, progress: WriteProgress) -> Result<(), BoxError> {
        self.progress.as_ref().map_or(Ok(()), |tell| tell(progress))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.exchange.is_some() { "Observer" } else { "Nobody" })
    }
}
