//! The HTTP client of the event-loop version: hyper's, over this runtime's sockets.

use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::USER_AGENT;
use hyper::http::uri::Authority;
use hyper_util::client::legacy;
use roundelay::hyper::{Executor, Timer};
use roundelay::time::timeout;

use crate::connector::Connector;
use crate::failure::Failure;
use crate::host_limit::HostLimit;
use crate::outcome::Page;
use crate::session::{self, PATIENCE};
use crate::trust::Trust;

/// Shared by all downloads, as aiohttp's `ClientSession`: connections are kept and used again.
pub struct Client {
    hyper: legacy::Client<Connector, Empty<Bytes>>,
    /// hyper's client opens as many connections as it is asked for; here is what holds it back.
    limit: HostLimit,
}

impl Client {
    /// Makes a client with at most `limit` downloads under way at one host.
    pub fn new(trust: &Trust, limit: usize) -> Client {
        let hyper = legacy::Client::builder(Executor)
            .pool_timer(Timer)
            .pool_idle_timeout(Duration::from_secs(15))
            .build(Connector::new(trust));
        let limit = HostLimit::new(limit);
        Client { hyper, limit }
    }

    /// Downloads a page to its end.
    pub async fn get(&self, url: &str) -> Result<Page, Failure> {
        let request = Request::get(url).header(USER_AGENT, session::USER_AGENT);
        let request = request.body(Empty::new())?;
        let host = request.uri().authority().map_or("", Authority::as_str);
        let _permit = self.limit.enter(host).await;

        let response = timeout(PATIENCE, self.hyper.request(request)).await??;
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            return Err(Failure::Status(status.as_u16()));
        }
        let (mut page, mut body) = (Page::empty(), response.into_body());
        while let Some(frame) = timeout(PATIENCE, body.frame()).await? {
            page.add(frame?.data_ref().map_or(&[], Bytes::as_ref));
        }
        Ok(page)
    }
}
