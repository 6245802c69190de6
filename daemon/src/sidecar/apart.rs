//! A listener on a thread and a runtime of its own: what it answers waits for nothing that others do there.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::SidecarError;
use crate::Listener;

/// Serves a listener until it is asked to end.
type Serve = Box<dyn FnOnce(Listener) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// A listener that is bound, and has a thread that waits for what is to be done on it.
pub(super) struct ListenerApart {
    address: String,
    serve: oneshot::Sender<Serve>,
    served: oneshot::Receiver<()>,
}

impl ListenerApart {
    /// Binds a listener, as [`Listener::bind`] does.
    pub(super) async fn bind(flag: &'static str, address: &str) -> Result<Self, SidecarError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(SidecarError::Thread)?;
        let ((tell, is_bound), (serve, to_serve)) = (oneshot::channel(), oneshot::channel());
        let (ended, served) = oneshot::channel();
        let address = address.to_owned();
        let on_thread = move || {
            // Made here, since it is for this thread alone.
            runtime.block_on(async move {
                let listener = match Listener::bind(flag, &address).await {
                    Ok(listener) => listener,
                    Err(error) => return drop(tell.send(Err(error))),
                };
                let is_wanted = tell.send(Ok(listener.address().to_owned())).is_ok();
                if is_wanted && let Ok(serve) = to_serve.await {
                    let serve: Serve = serve;
                    serve(listener).await;
                    // Nobody may wait for it any more.
                    let _ = ended.send(());
                }
            });
            // What cannot be stopped must not keep the process.
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("probes".to_owned())
            .spawn(on_thread)
            .map_err(SidecarError::Thread)?;
        let bound = is_bound.await;
        let gone = |_| SidecarError::Thread(io::Error::other("it ended"));
        Ok(Self { address: bound.map_err(gone)??, serve, served })
    }

    /// Returns the bound address.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Has the listener served by `serve`; what is returned is ready when that has ended, with an error when it
    /// did so by a panic.
    pub(super) fn serve<F: Future<Output = ()> + 'static>(
        self,
        serve: impl FnOnce(Listener) -> F + Send + 'static,
    ) -> oneshot::Receiver<()> {
        // A thread that is gone is told by what is returned.
        let _ = self.serve.send(Box::new(|listener| Box::pin(serve(listener))));
        self.served
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::time::Duration;

    use http_body_util::Full;
    use hyper::Response;
    use hyper::body::Bytes;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::ServeOptions;

    #[tokio::test]
    async fn probes_are_answered_while_the_thread_of_all_others_does_something_else() {
        let listener = ListenerApart::bind("--metrics-address", "127.0.0.1:0").await.unwrap();
        let address = listener.address().to_owned();
        let service = tower::service_fn(async |_| {
            Ok::<_, std::convert::Infallible>(Response::new(Full::new(Bytes::from("alive"))))
        });
        let end = CancellationToken::new();
        let ending = end.clone().cancelled_owned();
        let served = listener.serve(move |listener| {
            crate::serve(listener, service, ServeOptions::default(), ending)
        });
        // Nothing of this runtime goes on meanwhile: it is the thread of this test.
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("alive"), "{answer}");
        end.cancel();
        served.await.unwrap();
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_an_error_and_a_panic_is_told() {
        let listener = ListenerApart::bind("--metrics-address", "127.0.0.1:0").await.unwrap();
        let error =
            ListenerApart::bind("--metrics-address", listener.address()).await.err().unwrap();
        assert!(error.to_string().starts_with("--metrics-address: cannot listen"), "{error}");
        let served = listener.serve(async |_| panic!("on purpose"));
        assert!(served.await.is_err());
    }
}
