//! Sites that fail: each is reported with its reason, and the others are downloaded all the same.

mod support;

use std::net::TcpListener;

use support::{Answer, ROWS, Sites, download};

fn one_good_site_in_four(path: &str) -> Answer {
    match path {
        "/status" => Answer::Status(500),
        "/reset" => Answer::Reset,
        "/half" => Answer::Half(100),
        _ => Answer::Page("a good page"),
    }
}

#[test]
fn sites_that_fail_are_reported_and_do_not_stop_the_rest() {
    let sites = Sites::start(one_good_site_in_four);
    let urls = ["/good", "/status", "/reset", "/half"].map(|path| sites.url(path));
    let mut args = vec!["--sites", "40", "--workers", "2"];
    args.extend(urls.iter().map(String::as_str));
    let said = download(&args);

    for version in ROWS {
        assert_eq!(
            said.row(version)[1..3],
            ["10 of 40", "110"],
            "{}",
            said.stderr
        );
    }
    let reasons = [
        "the server answered with status 500",
        "the connection was closed before the end of the page",
        "the connection was closed before the end of the page",
    ];
    for (url, reason) in urls[1..].iter().zip(reasons) {
        let message = format!(
            "error: {url} was not downloaded: {reason}\n  failures: 10 in sequential, 10 in threads"
        );
        // Once for all versions: they agree about the reason.
        assert_eq!(said.stderr.matches(&message).count(), 1, "{}", said.stderr);
    }
    assert!(!said.stderr.contains("/good"), "{}", said.stderr);
    assert_eq!(said.code, Some(1));
}

#[test]
fn a_host_that_refuses_is_named_with_the_reason_and_what_to_do() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}/", listener.local_addr().expect("a bound socket"));
    drop(listener);
    let said = download(&["--workers", "2", &url]);

    let message = format!("error: {url} was not downloaded: connection refused\n");
    assert_eq!(said.stderr.matches(&message).count(), 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("what to do: check the port"),
        "{}",
        said.stderr
    );
    assert_eq!(said.code, Some(1));
}

#[test]
fn a_host_that_does_not_exist_is_named_with_the_reason_and_what_to_do() {
    // RFC 6761 keeps ".invalid" free for ever.
    let said = download(&["--workers", "2", "http://no-such-host.invalid/"]);
    let message = "error: http://no-such-host.invalid/ was not downloaded: \
                   the host name was not found\n";
    assert_eq!(said.stderr.matches(message).count(), 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("what to do: check the spelling"),
        "{}",
        said.stderr
    );
    assert_eq!(said.code, Some(1));
}

#[test]
fn a_page_that_changes_by_itself_is_noticed() {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    static TURN: AtomicBool = AtomicBool::new(false);
    let sites = Sites::start(|_| match TURN.fetch_not(SeqCst) {
        false => Answer::Page("one"),
        true => Answer::Page("two"),
    });
    let said = download(&["--only", "sequential,event-loop", &sites.url("/")]);
    assert!(
        said.stdout.contains("The content differs: "),
        "{}",
        said.stdout
    );
    assert_eq!(said.code, Some(0), "nothing has failed");
}
