//! A wait that was given up leaves nothing behind that the loop would go on waiting for.

use roundelay::net::{TcpListener, TcpStream};
use roundelay::{Runtime, sleep, timeout};
use std::time::{Duration, Instant};

/// Real time: what waits for something real does so under a virtual clock, too.
const MOMENT: Duration = Duration::from_millis(5);
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_virtual_clock_jumps_again_after_a_read_and_an_accept_were_given_up() {
    let began = Instant::now();
    let runtime = Runtime::builder().virtual_clock(true).build().unwrap();
    runtime.run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let near = TcpStream::connect(address).await.unwrap();
        let (_far, _) = listener.accept().await.unwrap();
        assert!(timeout(MOMENT, near.read(&mut [0])).await.is_err());
        assert!(timeout(MOMENT, listener.accept()).await.is_err());
        // Both sockets are open still, and nobody waits for them.
        sleep(HOUR).await;
    });
    assert!(began.elapsed() < HOUR / 60);
}
