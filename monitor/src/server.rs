//! The server: a thread of its own, apart from those that run the job.

use crate::Monitor;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use ouzel_dsl::{Error, Result};
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// So many connections at the same time: others wait, and cost the run nothing.
const CONNECTIONS_MAX: usize = 32;

/// How long a client may take for its request, and for taking the answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub fn start(address: SocketAddr, monitor: Arc<Monitor>) -> Result<SocketAddr> {
    let what = |e| Error::io(format!("answering at {address}"), e);
    let listener = TcpListener::bind(address).map_err(what)?;
    listener.set_nonblocking(true).map_err(what)?;
    let bound = listener.local_addr().map_err(what)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(what)?;
    let serve = move || runtime.block_on(accept(listener, &monitor));
    std::thread::Builder::new().name("ouzel-monitor".to_owned()).spawn(serve).map_err(what)?;
    Ok(bound)
}

async fn accept(listener: TcpListener, monitor: &Arc<Monitor>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, which may pass.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let monitor = Arc::clone(monitor);
        tokio::spawn(async move {
            let answer = service_fn(|request| {
                let answer = answer(&monitor, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let serve = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), answer);
            // What a client does wrong is its own affair.
            let _ = tokio::time::timeout(2 * PATIENCE, serve).await;
            drop(place);
        });
    }
}

fn answer(monitor: &Monitor, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refused = of(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET\n".to_owned());
        refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/metrics" => of(StatusCode::OK, METRICS, monitor.text()),
        "/healthz" => of(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" if monitor.is_ready() => of(StatusCode::OK, TEXT, "ready\n".to_owned()),
        "/readyz" => of(StatusCode::SERVICE_UNAVAILABLE, TEXT, "not running\n".to_owned()),
        _ => {
            of(StatusCode::NOT_FOUND, TEXT, "there are /metrics, /healthz and /readyz\n".to_owned())
        }
    }
}

fn of(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}
