//! TCP: both directions at once, half-close, errors, and what happens to sockets in odd places.

mod support;

use futures_io::{AsyncRead, AsyncWrite};
use roundelay::net::{TcpListener, TcpStream};
use roundelay::{gather, run, sleep, spawn, timeout, yield_now};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use support::leak_free;

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, peer) = listener.accept().await?;
    assert_eq!(peer, near.local_addr()?);
    Ok((near, far))
}

/// Reads a line, without its end.
async fn read_line(stream: &TcpStream) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).await.unwrap() == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn a_server_echoes_line_by_line_until_the_client_closes_its_side() {
    let trace = leak_free(|| {
        run(async {
            let said = Rc::new(RefCell::new(Vec::new()));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                loop {
                    match read_line(&stream).await {
                        line if line.is_empty() => return,
                        line => stream
                            .write_all(format!("echo {line}\n").as_bytes())
                            .await
                            .unwrap(),
                    }
                }
            });
            let client = TcpStream::connect(address).await.unwrap();
            for word in ["alpha", "beta"] {
                client
                    .write_all(format!("{word}\n").as_bytes())
                    .await
                    .unwrap();
                let line = read_line(&client).await;
                said.borrow_mut().push(line);
            }
            client.shutdown(Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            client.read_to_end(&mut rest).await.unwrap();
            said.borrow_mut().push(format!("end of stream: {rest:?}"));
            server.await.unwrap();
            said.take()
        })
    });
    assert_eq!(trace, ["echo alpha", "echo beta", "end of stream: []"]);
}

#[test]
fn what_is_written_can_be_read_a_turn_later() {
    for strict in [false, true] {
        let runtime = roundelay::Runtime::builder()
            .strict(strict)
            .build()
            .unwrap();
        runtime.run(async {
            let (near, far) = pair().await.unwrap();
            let reader = spawn(async move {
                let mut byte = [0];
                far.read(&mut byte).await.unwrap();
                byte[0]
            });
            yield_now().await;
            near.write_all(b"x").await.unwrap();
            // As in asyncio: the source's entry runs in the next turn, the task in the one after, and ends there.
            yield_now().await;
            assert!(!reader.is_finished(), "strict: {strict}");
            yield_now().await;
            yield_now().await;
            assert!(reader.is_finished(), "strict: {strict}");
            assert_eq!(reader.await.unwrap(), b'x');
        });
    }
}

#[test]
fn both_directions_carry_ten_megabytes_at_once() {
    const BYTES: usize = 10_000_000;
    async fn send(stream: Rc<TcpStream>, seed: u8) {
        let block: Vec<u8> = (0..=255u8).map(|n| n ^ seed).cycle().take(BYTES).collect();
        stream.write_all(&block).await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    }
    async fn receive(stream: Rc<TcpStream>, seed: u8) {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes.len(), BYTES);
        assert!(
            bytes
                .iter()
                .zip((0..=255u8).cycle())
                .all(|(byte, n)| *byte == n ^ seed)
        );
    }
    leak_free(|| {
        run(async {
            let (near, far) = pair().await.unwrap();
            let (near, far) = (Rc::new(near), Rc::new(far));
            let tasks = [
                spawn(send(Rc::clone(&near), 1)),
                spawn(send(Rc::clone(&far), 2)),
                spawn(receive(near, 2)),
                spawn(receive(far, 1)),
            ];
            roundelay::gather_handles(tasks).await.unwrap();
        });
    });
}

#[test]
fn a_peer_that_closed_its_side_can_still_be_written_to() {
    run(async {
        let (near, far) = pair().await.unwrap();
        far.shutdown(Shutdown::Write).unwrap();
        assert_eq!(near.read(&mut [0; 8]).await.unwrap(), 0);
        let writer = spawn(async move { near.write_all(&vec![7; 10_000_000]).await });
        let mut bytes = Vec::new();
        far.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes.len(), 10_000_000);
        writer.await.unwrap().unwrap();
    });
}

#[test]
fn a_closed_port_refuses_and_a_broken_pipe_is_an_error() {
    leak_free(|| {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let refused = TcpStream::connect(address).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

            let (near, far) = pair().await.unwrap();
            drop(far);
            let broken = loop {
                match near.write(b"x").await {
                    Ok(_) => yield_now().await,
                    Err(error) => break error,
                }
            };
            assert!(
                matches!(
                    broken.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
                ),
                "{broken}"
            );
        });
    });
}

#[test]
fn a_read_that_is_given_up_loses_no_byte() {
    run(async {
        let (near, far) = pair().await.unwrap();
        let mut byte = [0];
        assert!(
            timeout(Duration::from_millis(1), near.read(&mut byte))
                .await
                .is_err()
        );
        far.write_all(b"abc").await.unwrap();
        let mut bytes = [0; 3];
        near.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"abc");
    });
}

#[test]
fn two_hundred_connections_are_served_side_by_side() {
    leak_free(|| {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    drop(spawn(async move {
                        let mut buffer = [0; 64];
                        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                            stream.write_all(&buffer[..count]).await.unwrap();
                        }
                    }));
                }
            });
            let clients = (0..200u32).map(|n| async move {
                let stream = TcpStream::connect(address).await.unwrap();
                for round in 0..20u32 {
                    let message = (n * 1000 + round).to_le_bytes();
                    stream.write_all(&message).await.unwrap();
                    let mut answer = [0; 4];
                    stream.read_exact(&mut answer).await.unwrap();
                    assert_eq!(answer, message);
                }
            });
            gather(clients).await.unwrap();
            server.abort();
        });
    });
}

#[test]
fn the_standard_traits_of_futures_work_on_a_shared_stream() {
    run(async {
        let (near, far) = pair().await.unwrap();
        let count = std::future::poll_fn(|cx| Pin::new(&mut &near).poll_write(cx, b"hello"))
            .await
            .unwrap();
        assert_eq!(count, 5);
        std::future::poll_fn(|cx| Pin::new(&mut &near).poll_close(cx))
            .await
            .unwrap();
        let mut bytes = [0; 16];
        let mut far = far;
        let count = std::future::poll_fn(|cx| Pin::new(&mut far).poll_read(cx, &mut bytes))
            .await
            .unwrap();
        assert_eq!(&bytes[..count], b"hello");
    });
}

#[test]
fn names_are_looked_up_and_wrong_ones_are_errors() {
    leak_free(|| {
        run(async {
            let listener = TcpListener::bind("localhost:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let accepting = spawn(async move { listener.accept().await.map(drop) });
            TcpStream::connect(("localhost", port)).await.unwrap();
            accepting.await.unwrap().unwrap();
            assert!(TcpStream::connect("no-port-given").await.is_err());
        });
    });
}

#[test]
fn a_socket_outside_of_its_runtime_gives_an_error() {
    let (near, far) = run(pair()).unwrap();
    let error = run(async { near.read(&mut [0; 4]).await.unwrap_err() });
    assert!(
        error.to_string().contains("outside of its runtime"),
        "{error}"
    );
    std::thread::spawn(move || drop(far)).join().unwrap();
}

#[test]
fn a_socket_dropped_while_a_task_waits_for_it_closes_the_connection() {
    run(async {
        let (near, far) = pair().await.unwrap();
        let reader = spawn(async move { near.read(&mut [0; 4]).await });
        sleep(Duration::from_millis(1)).await;
        reader.abort();
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(far.read(&mut [0; 4]).await.unwrap(), 0);
    });
}

#[test]
fn a_new_socket_with_a_reused_number_gets_no_old_event() {
    run(async {
        for _ in 0..200 {
            let (near, far) = pair().await.unwrap();
            far.write_all(b"old").await.unwrap();
            let reader = spawn(async move { near.read(&mut [0; 1]).await });
            yield_now().await;
            reader.abort();
            drop(far);
            let (near, far) = pair().await.unwrap();
            // Nothing was written to the new one.
            let mut byte = [0];
            let early = timeout(Duration::from_micros(50), near.read(&mut byte)).await;
            assert!(early.is_err(), "{early:?}");
            drop(far);
        }
    });
}

#[test]
fn two_tasks_that_accept_on_one_listener_both_get_a_connection() {
    run(async {
        let listener = Rc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let accepting: Vec<_> = (0..3)
            .map(|_| {
                let listener = Rc::clone(&listener);
                spawn(async move { listener.accept().await.map(drop) })
            })
            .collect();
        yield_now().await;
        // One that gives up takes only itself out.
        assert!(
            timeout(Duration::from_millis(1), listener.accept())
                .await
                .is_err()
        );
        for task in accepting {
            let client = TcpStream::connect(address).await.unwrap();
            task.await.unwrap().unwrap();
            drop(client);
        }
    });
}
