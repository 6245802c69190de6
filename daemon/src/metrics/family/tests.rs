//! What each kind of metric looks like when it is read.

use super::*;

const BOUNDS: &[f64] = &[0.5, 2.0];

fn read(metric: &dyn Metric, now: Instant) -> Vec<String> {
    let mut text = String::new();
    metric.write(&mut text, now);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_counter_says_its_whole_name() {
    let counter = Family::<Counter>::new("runs_total", &["kind"], "Runs");
    assert_eq!(
        read(&counter, Instant::now()),
        ["# HELP runs_total Runs", "# TYPE runs_total counter"]
    );
    counter.add(&["b"], 2.0);
    counter.add(&["a"], 1.0);
    counter.add(&["b"], 1.0);
    let lines = read(&counter, Instant::now());
    assert_eq!(lines[2..], ["runs_total{kind=\"a\"} 1", "runs_total{kind=\"b\"} 3"]);
}

#[test]
fn labels_and_help_are_escaped() {
    let gauge = Family::<Gauge>::new("g", &["what"], "a\\b\nc");
    gauge.set(&["say \"hi\"\\\n"], 0.25);
    assert_eq!(
        read(&gauge, Instant::now()),
        ["# HELP g a\\\\b\\nc", "# TYPE g gauge", "g{what=\"say \\\"hi\\\"\\\\\\n\"} 0.25"]
    );
}

#[test]
fn what_is_not_said_again_is_gone() {
    let gauge = Family::<Gauge>::new("g", &["kind"], "G");
    let is = |kind: &str| (vec![kind.to_owned()], 1.0);
    gauge.replace([is("a"), is("b"), is("b")]);
    assert_eq!(read(&gauge, Instant::now())[2..], ["g{kind=\"a\"} 1", "g{kind=\"b\"} 2"]);
    gauge.replace([is("b")]);
    assert_eq!(read(&gauge, Instant::now())[2..], ["g{kind=\"b\"} 1"]);
}

#[test]
fn a_histogram_counts_what_is_at_most_each_bound() {
    let histogram = Family::with_bounds(BOUNDS, "h", &[], "H");
    for number in [0.5, 0.6, 2.0, 3.0] {
        histogram.observe(&[], number);
    }
    assert_eq!(
        read(&histogram, Instant::now())[2..],
        [
            "h_bucket{le=\"0.5\"} 1",
            "h_bucket{le=\"2\"} 3",
            "h_bucket{le=\"+Inf\"} 4",
            "h_sum 6.1",
            "h_count 4"
        ]
    );
}

#[test]
fn a_summary_looks_back_ten_minutes_and_counts_for_ever() {
    let (summary, start) = (Family::<Summary>::new("s", &[], "S"), Instant::now());
    for number in 1..=100 {
        summary.observe(&[], f64::from(number), start);
    }
    assert_eq!(
        read(&summary, start)[2..],
        [
            "s{quantile=\"0.5\"} 50",
            "s{quantile=\"0.9\"} 90",
            "s{quantile=\"0.99\"} 99",
            "s_sum 5050",
            "s_count 100"
        ]
    );
    let later = start + MEMORY + Duration::from_secs(1);
    assert_eq!(read(&summary, later)[2], "s{quantile=\"0.5\"} NaN");
    assert_eq!(read(&summary, later)[6], "s_count 100");
    summary.observe(&[], 7.0, later);
    assert_eq!(read(&summary, later)[2], "s{quantile=\"0.5\"} 7");
}

#[test]
fn a_summary_remembers_no_more_than_it_must() {
    let (summary, now) = (Family::<Summary>::new("s", &[], "S"), Instant::now());
    for _ in 0..2 * REMEMBERED {
        summary.observe(&[], 1.0, now);
    }
    assert_eq!(summary.all().values().next().unwrap().latest.len(), REMEMBERED);
}
