//! Arguments that make no sense are refused at once, with exit code 2 and a word about the reason.

mod support;

use support::download;

fn assert_refused(args: &[&str], reason: &str) {
    let said = download(args);
    assert!(said.stderr.contains(reason), "{args:?}: {}", said.stderr);
    assert_eq!(said.code, Some(2), "{args:?}");
    assert_eq!(said.stdout, "", "{args:?}");
}

#[test]
fn what_is_not_a_web_address_is_refused() {
    assert_refused(
        &["example.com"],
        "a web address begins with http:// or https://",
    );
    assert_refused(
        &["ftp://example.com/"],
        "a web address begins with http:// or https://",
    );
    assert_refused(&["http:///page"], "not a web address");
    assert_refused(&["http://a b/"], "not a web address");
    assert_refused(
        &["http://example.com:99999/"],
        "not a host, or a host and a port",
    );
    assert_refused(
        &["http://me:secret@example.com/"],
        "not a host, or a host and a port",
    );
}

#[test]
fn numbers_out_of_range_are_refused() {
    assert_refused(&["--sites", "0"], "0 is not in 1..");
    assert_refused(&["--workers", "0"], "0 is not in 1..");
    assert_refused(&["--workers", "many"], "invalid digit");
    assert_refused(&["--limit", "0"], "0 is not in 1..");
    assert_refused(&["--latency", "99999"], "99999 is not in 0..");
}

#[test]
fn an_unknown_version_is_refused_and_the_known_ones_are_named() {
    assert_refused(
        &["--only", "fibers"],
        "sequential, threads, event-loop, processes",
    );
}

#[test]
fn the_latency_of_somebody_elses_server_cannot_be_set() {
    assert_refused(
        &["--latency", "10", "http://example.com/"],
        "cannot be used with",
    );
}

#[test]
fn a_certificate_file_without_certificates_is_refused() {
    assert_refused(&["--ca-file", "/no/such/file.pem"], "No such file");
    assert_refused(
        &["--ca-file", "/dev/null"],
        "there is no certificate in this file",
    );
}
