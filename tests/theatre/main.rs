//! The page that shows a run: what is in it, and what it does in a browser.
//!
//! What needs a browser is passed over where there is no Chromium, unless `ROUNDELAY_CHROMIUM=required` is in the environment, as
//! `.ci/theatre` has it.

mod browser;
#[path = "../support/random_programs.rs"]
mod random_programs;
mod states;

use browser::Browser;
use roundelay::trace::{FourWays, Log, Recorder, Span, Spans, Theatre};
use roundelay::{Runtime, spawn, yield_now};
use states::{rebuilt, recorded, text_of};

/// A name that would be markup if it were not escaped.
const HOSTILE: &str = "</script><b>\u{2028}<!--'\"&amp;</title>";

fn log_of(main: impl Future<Output = ()>) -> Log {
    let (recorder, recording) = Recorder::in_memory();
    let builder = Runtime::builder().virtual_clock(true);
    let runtime = builder.observer(recorder).build().unwrap();
    runtime.run(main);
    runtime.shutdown().unwrap();
    recording.log()
}

fn hostile() -> Log {
    log_of(async {
        let child = spawn(yield_now());
        child.set_name(HOSTILE);
        child.await.unwrap();
    })
}

#[test]
fn text_of_a_log_cannot_become_markup() {
    let page = Theatre::new(&hostile()).to_string();
    let page = page.split_once("id=\"data\">").unwrap().1;
    let data = page.split_once("</script>").unwrap().0;
    assert!(data.contains("\\u003c/script\\u003e\\u003cb\\u003e"));
    assert!(!data.contains(['<', '>', '&', '\u{2028}']));

    let span = Span {
        worker: HOSTILE.to_owned(),
        item: HOSTILE.to_owned(),
        from: 0,
        to: 1,
    };
    let four = FourWays::new(HOSTILE).spans(HOSTILE, &Spans(vec![span]));
    assert_eq!(four.to_string().matches("<b>").count(), 0);
}

#[test]
fn a_page_loads_nothing() {
    let pages = [
        Theatre::new(&hostile()).to_string(),
        FourWays::new("none").to_string(),
    ];
    for page in pages {
        assert!(page.contains("default-src 'none'"));
        let page = page.split("id=\"data\"").next().unwrap();
        for word in ["http:", "https:", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(word), "{word}");
        }
    }
}

#[test]
fn only_sources_below_the_directory_are_in_the_page() {
    let log = hostile();
    let root = env!("CARGO_MANIFEST_DIR");
    let here = Theatre::new(&log).sources(root).to_string();
    assert!(here.contains("A name that would be markup"));
    let elsewhere = Theatre::new(&log)
        .sources(std::path::Path::new(root).join("runtime/trace"))
        .to_string();
    assert!(!elsewhere.contains("A name that would be markup"));
    assert!(elsewhere.contains("name it with --source"));
}

#[test]
fn a_page_of_100_000_events_is_below_ten_megabytes() {
    let log = log_of(async {
        let tasks: Vec<_> = (0..100).map(|_| spawn(yields(330))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(log.records.len() > 100_000, "{}", log.records.len());
    let page = Theatre::new(&log).to_string();
    assert!(page.len() < 10_000_000, "{}", page.len());
}

async fn yields(times: u32) {
    for _ in 0..times {
        yield_now().await;
    }
}

#[test]
fn the_page_rebuilds_the_loops_own_state_at_every_turn() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let mut turns = 0;
    for seed in 0..5 {
        let (log, pictures) = recorded(seed);
        let page = Theatre::new(&log).to_string();
        let expected: Vec<String> = pictures.iter().map(text_of).collect();
        assert!(log.records.len() > 2_000, "{}", log.records.len());
        turns += expected.len();
        let told = browser.check(&page, "turns");
        let told: Vec<&str> = told.lines().collect();
        assert_eq!(told.len(), 2 * expected.len(), "seed {seed}");
        // Forwards from the beginning, and then backwards from the end.
        let expected = expected.iter().chain(expected.iter().rev());
        for (place, (told, expected)) in told.iter().zip(expected).enumerate() {
            assert_eq!(told, expected, "seed {seed}, place {place}");
        }
    }
    assert!(turns > 1_000, "{turns}");
}

#[test]
fn the_page_rebuilds_the_same_state_as_rust_at_every_step() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let (log, _) = recorded(3);
    let told = browser.check(&Theatre::new(&log).to_string(), "steps");
    let expected = rebuilt(&log);
    assert!(expected.len() > 2_000, "{}", expected.len());
    for (place, (told, expected)) in told.lines().zip(&expected).enumerate() {
        assert_eq!(told, expected, "step {}", place + 1);
    }
    assert_eq!(told.lines().count(), expected.len());
}

#[test]
fn keys_and_clicks_do_what_they_say() {
    let Some(browser) = Browser::find() else {
        return;
    };
    for log in [hostile(), recorded(0).0] {
        keys_and_clicks(&browser, &log);
    }
}

#[track_caller]
fn keys_and_clicks(browser: &Browser, log: &Log) {
    let last = log.records.len();
    let told = browser.check(&Theatre::new(log).to_string(), "test");
    let expected = format!(
        "begins at: 0\n\
         steps to: 1\n\
         next poll: true\n\
         narrates: true\n\
         has a chain: true\n\
         ends at: {last}\n\
         steps back to: {}\n\
         helps: true\n\
         asks: true\n\
         scores: 1 of 1\n\
         scores then: 1 of 2\n\
         reports: 8\n\
         elements: true\n\
         markup from the log: 0",
        last - 1
    );
    assert_eq!(told, expected);
}

#[test]
fn the_four_ways_stand_beneath_each_other() {
    let Some(browser) = Browser::find() else {
        return;
    };
    let span = Span {
        worker: "main".to_owned(),
        item: "1".to_owned(),
        from: 0,
        to: 2_000_000,
    };
    let page = FourWays::new("two ways")
        .spans("one after the other", &Spans(vec![span]))
        .log("event loop", &hostile());
    let page = browser.page(&page.to_string(), "");
    for part in ["one after the other: 2.00 ms", "aria-label=\"event loop"] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("<canvas").count(), 2);
}
