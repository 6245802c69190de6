//! What the process takes from the machine: the metrics that every Prometheus client has.
//!
//! They are read from `/proc` ([proc]) when metrics are; elsewhere than on Linux there are none.
//!
//! [proc]: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html

use super::family::{Counter, Family, Gauge, Metric};
use super::number;

/// Ticks a second in which times are told to programs; a constant of Linux, whatever the kernel's
/// own clock does.
const TICKS: f64 = 100.0;

/// What is counted of the process.
#[derive(Debug)]
pub struct ProcessMetrics {
    cpu: Family<Counter>,
    open_files: Family<Gauge>,
    most_files: Family<Gauge>,
    resident: Family<Gauge>,
    virtual_size: Family<Gauge>,
    started: Family<Gauge>,
}

/// What `/proc` says about a process.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Usage {
    cpu_seconds: f64,
    /// After the machine.
    started_seconds: f64,
    virtual_bytes: f64,
    resident_bytes: f64,
}

impl Default for ProcessMetrics {
    /// Returns metrics that have looked at nothing.
    fn default() -> Self {
        Self {
            cpu: Family::new(
                "process_cpu_seconds_total",
                &[],
                "Time that the process has computed, for itself and in the kernel",
            ),
            open_files: Family::new("process_open_fds", &[], "Open file descriptors"),
            most_files: Family::new(
                "process_max_fds",
                &[],
                "Most file descriptors that may be open",
            ),
            resident: Family::new(
                "process_resident_memory_bytes",
                &[],
                "Memory that the process holds in RAM",
            ),
            virtual_size: Family::new(
                "process_virtual_memory_bytes",
                &[],
                "Addresses that the process has reserved",
            ),
            started: Family::new(
                "process_start_time_seconds",
                &[],
                "When the process started, in seconds since 1970",
            ),
        }
    }
}

impl ProcessMetrics {
    /// Returns all of them.
    pub fn all(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Self { cpu, open_files, most_files, resident, virtual_size, started } = self;
        vec![cpu, open_files, most_files, resident, virtual_size, started]
    }

    /// Looks at the process; what cannot be read stays as it was.
    pub fn sample(&self) {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let status = read("/proc/self/status");
        if let Some(usage) = usage(&read("/proc/self/stat"), &status) {
            self.cpu.reach(&[], usage.cpu_seconds);
            self.virtual_size.set(&[], usage.virtual_bytes);
            self.resident.set(&[], usage.resident_bytes);
            if let Some(booted) = field(&read("/proc/stat"), "btime ") {
                self.started.set(&[], booted + usage.started_seconds);
            }
        }
        if let Some(most) = field(&read("/proc/self/limits"), "Max open files ") {
            self.most_files.set(&[], most);
        }
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the folder itself, which is closed again.
            self.open_files.set(&[], number(open.count().saturating_sub(1)));
        }
    }
}

/// Reads `/proc/self/stat` and `/proc/self/status`; `None` when they are not what Linux writes.
fn usage(stat: &str, status: &str) -> Option<Usage> {
    // The name of the program, in parentheses, may hold spaces and parentheses.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // The first field after the name is the third of the page.
    let at = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    Some(Usage {
        cpu_seconds: (at(14)? + at(15)?) / TICKS,
        started_seconds: at(22)? / TICKS,
        virtual_bytes: at(23)?,
        resident_bytes: field(status, "VmRSS:")? * 1024.0,
    })
}

/// Returns the first number of the line that begins with `name`.
fn field(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let stat =
            "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 3 0 4200 8192000 500 1";
        let expected = Usage {
            cpu_seconds: 2.0,
            started_seconds: 42.0,
            virtual_bytes: 8_192_000.0,
            resident_bytes: 2_048.0,
        };
        assert_eq!(usage(stat, "Name:\ta\nVmRSS:\t       2 kB\n"), Some(expected));
        assert_eq!(usage("", ""), None);
    }
}
