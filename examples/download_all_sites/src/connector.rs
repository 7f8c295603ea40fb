//! How hyper's client comes to a connection: name lookup, TCP and, for https, TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_rustls::TlsConnector;
use futures_rustls::rustls::pki_types::ServerName;
use hyper::Uri;
use roundelay::hyper::Io;
use roundelay::net::TcpStream;
use tower_service::Service;

use crate::connection::Connection;
use crate::trust::Trust;

/// Called by hyper's pool whenever it has no connection to spare for a host.
#[derive(Clone)]
pub struct Connector {
    tls: TlsConnector,
}

impl Connector {
    pub fn new(trust: &Trust) -> Connector {
        let tls = TlsConnector::from(Arc::new(trust.for_rustls()));
        Connector { tls }
    }
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Connection>> + Send>>;

    /// Always ready: how many may connect at once is `HostLimit`'s business.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(connect(uri, self.tls.clone()))
    }
}

async fn connect(uri: Uri, tls: TlsConnector) -> io::Result<Connection> {
    let secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    // An IPv6 address stands in brackets in a URL, and nowhere else.
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host.to_owned(), port)).await?;
    stream.set_nodelay(true)?;
    if !secure {
        return Ok(Connection::Plain(Io::new(stream)));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let stream = tls.connect(name, stream).await?;
    Ok(Connection::Secure(Box::new(stream)))
}
