//! The network: TCP, and the look-up of names.

mod lookup;
mod tcp;

pub use lookup::lookup;
pub use tcp::{TcpListener, TcpStream};
