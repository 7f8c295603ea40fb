//! Names to addresses: on the thread pool, as the system's resolver blocks.

use crate::event_loop::waits::located;
use crate::pool::spawn_blocking;
use std::any::Any;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// Returns the addresses of a name and port, as asyncio's `getaddrinfo`. What is an address already is not looked up.
///
/// # Errors
/// If the resolver fails.
///
/// # Cancellation
/// A look-up that runs goes on in its thread; its result is dropped.
#[doc(alias = "getaddrinfo")]
pub fn lookup<A: ToSocketAddrs + Send + 'static>(
    address: A,
) -> impl Future<Output = io::Result<Vec<SocketAddr>>> {
    located(async move {
        if let Some(known) = as_address(&address) {
            return Ok(vec![known]);
        }
        spawn_blocking(move || address.to_socket_addrs().map(Iterator::collect))
            .await
            .map_err(io::Error::other)?
    })
}

/// Returns the address if `address` is one, in one of the usual types.
fn as_address(address: &dyn Any) -> Option<SocketAddr> {
    if let Some(known) = address.downcast_ref::<SocketAddr>() {
        Some(*known)
    } else if let Some(&(ip, port)) = address.downcast_ref::<(IpAddr, u16)>() {
        Some((ip, port).into())
    } else if let Some(text) = address.downcast_ref::<&'static str>() {
        text.parse().ok()
    } else if let Some(text) = address.downcast_ref::<String>() {
        text.parse().ok()
    } else if let Some((host, port)) = address.downcast_ref::<(String, u16)>() {
        host.parse::<IpAddr>().ok().map(|ip| (ip, *port).into())
    } else {
        None
    }
}
