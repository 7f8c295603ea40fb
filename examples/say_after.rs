//! A coroutine does nothing until it is awaited; a task begins by itself:
//! `cargo run --example say_after`.
//!
//! "hello" comes after one second and "world" after two. Awaited one by one they take three seconds, as two
//! tasks they take two, at `-- --second 1`.

mod pace;

use std::time::Instant;

use roundelay::{run, sleep, spawn};

async fn say_after(seconds: f64, what: &str) {
    sleep(pace::seconds(seconds)).await;
    println!("  {what}");
}

async fn one_by_one() {
    say_after(1.0, "hello").await;
    say_after(2.0, "world").await;
}

async fn as_two_tasks() {
    let hello = spawn(say_after(1.0, "hello"));
    let world = spawn(say_after(2.0, "world"));
    hello.await.expect("hello is said");
    world.await.expect("world is said");
}

async fn timed(name: &str, saying: impl Future<Output = ()>) {
    println!("{name}:");
    let start = Instant::now();
    saying.await;
    println!("  took {:.3} s", start.elapsed().as_secs_f64());
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    run(async {
        timed("awaited one by one", one_by_one()).await;
        timed("as two tasks", as_two_tasks()).await;
    });
}
