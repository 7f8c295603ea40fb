//! A browser without a window.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A Chromium that is installed.
pub struct Browser {
    program: &'static str,
}

/// A browser that knows no files of its user's, and asks nobody for anything.
const OPTIONS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--dump-dom",
];

impl Browser {
    /// The browser, or a word that the test is skipped.
    pub fn find() -> Option<Browser> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let is_there = |name: &&&str| {
            let mut command = Command::new(name);
            command.arg("--version").stderr(Stdio::null());
            command.output().is_ok_and(|output| output.status.success())
        };
        let found = names.iter().find(is_there);
        let is_required = std::env::var("ROUNDELAY_CHROMIUM").is_ok_and(|it| it == "required");
        assert!(found.is_some() || !is_required, "there is no Chromium");
        if found.is_none() {
            println!("skipped: there is no Chromium here");
        }
        Some(Browser { program: found? })
    }

    /// Opens a page, and returns what it has become.
    pub fn page(&self, page: &str, hash: &str) -> String {
        let place = Place::new();
        let file = place.0.join("page.html");
        fs::write(&file, page).unwrap();
        let output = Command::new(self.program)
            .args(OPTIONS)
            .arg(format!(
                "--user-data-dir={}",
                place.0.join("user").display()
            ))
            .arg(format!("file://{}{hash}", file.display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Opens a page, and returns what its own check of this name says.
    pub fn check(&self, page: &str, name: &str) -> String {
        let page = self.page(page, &format!("#{name}"));
        let told = page.split_once("<pre id=\"check\" hidden=\"\">");
        let told = told.expect("the page has a place for what it says").1;
        told.split_once("</pre>").unwrap().0.to_owned()
    }
}

/// A directory that is removed again.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("roundelay-theatre-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Place(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The browser's last helpers may still be writing.
        for _ in 0..50 {
            match fs::remove_dir_all(&self.0) {
                Err(_) if self.0.exists() => std::thread::yield_now(),
                _ => break,
            }
        }
    }
}
