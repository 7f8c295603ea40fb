//! Servers that are not ours.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use support::{assert_all_downloaded, download};

/// A child process that does not outlive its test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn pythons_own_server_serves_all_versions() {
    let directory = env!("CARGO_MANIFEST_DIR");
    let python = Command::new("python3")
        .args([
            "-u",
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            "--directory",
            directory,
            "0",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut python) = python.map(Server) else {
        println!("skipped: there is no python3 here");
        return;
    };
    // "Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ..."
    let mut line = String::new();
    let stdout = python.0.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("text");
    let Some(address) = line.split(['(', ')']).nth(1) else {
        println!("skipped: python3 has no http.server here");
        return;
    };

    let url = format!("{address}Cargo.toml");
    let bytes = 160 * include_str!("../Cargo.toml").len();
    let bytes = format!("{},{:03}", bytes / 1000, bytes % 1000);
    let said = download(&["--sites", "160", "--workers", "2", &url]);
    assert_all_downloaded(&said, "160", &bytes);
}
