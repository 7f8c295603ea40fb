//! A pool's end waits for its jobs: `cargo run --example leaving_a_pool`.
//!
//! Handing out three jobs of three seconds (of a tenth each, see `--help`) takes no time, ending the pool takes
//! three seconds. In Python the end of `with ThreadPoolExecutor() as pool:` does that; here it is awaited.

mod pace;

use std::thread;
use std::time::Instant;

use roundelay::pool::ThreadPool;
use roundelay::run;

fn job(number: u32) -> u32 {
    thread::sleep(pace::seconds(3.0));
    println!("job {number} is done");
    number
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    run(async {
        let start = Instant::now();
        let pool = ThreadPool::new(3);
        let jobs = [1, 2, 3].map(|number| pool.submit(move || job(number)));
        println!("handed out, took {:.3} s", start.elapsed().as_secs_f64());
        pool.shutdown().await;
        println!(
            "the pool has ended, took {:.3} s",
            start.elapsed().as_secs_f64()
        );
        for job in jobs {
            println!("result: {}", job.await.expect("it was done before the end"));
        }
    });
}
