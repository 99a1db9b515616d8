//! Holding a process to a share of the CPU, by a control group.

use crate::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// So long is what a share is a share of.
const PERIOD_US: u64 = 100_000;

/// A control group, which is removed when this is dropped: after the process has ended.
pub struct Share(PathBuf);

impl Share {
    /// One that has a share of one core.
    pub fn of(name: &str, share: f64) -> Result<Share> {
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let Some((mount, version)) = find(&mounts) else {
            return Err("no control groups for CPU are mounted: `mount | grep cgroup` shows none with `cpu`; as root, `mount -t cgroup -o cpu none DIR` adds them".into());
        };
        let folder = mount.join(name);
        fs::create_dir(&folder).map_err(|error| {
            format!(
                "{}: {error}: a share of the CPU is given by a control group, which root may make: run this with `sudo`, or in a container with `--privileged`",
                folder.display()
            )
        })?;
        // From here on it is removed, whatever fails.
        let made = Share(folder);
        let quota = (share * PERIOD_US as f64) as u64;
        match version {
            Version::One => {
                made.write("cpu.cfs_period_us", &PERIOD_US.to_string())?;
                made.write("cpu.cfs_quota_us", &quota.to_string())?;
            }
            Version::Two if !made.0.join("cpu.max").exists() => {
                return Err(format!(
                    "control groups in {0} have no say about CPU: as root, `echo +cpu > {0}/cgroup.subtree_control`",
                    mount.display()
                )
                .into());
            }
            Version::Two => made.write("cpu.max", &format!("{quota} {PERIOD_US}"))?,
        }
        Ok(made)
    }

    /// Holds a process to it.
    pub fn hold(&self, process: u32) -> Result {
        self.write("cgroup.procs", &process.to_string())
    }

    fn write(&self, file: &str, text: &str) -> Result {
        let path = self.0.join(file);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()).into())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // A process that was just killed is still in it for a moment.
        for _ in 0..100 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        eprintln!("{} could not be removed", self.0.display());
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Where control groups for CPU are mounted. Where both versions are, the first has them.
fn find(mounts: &str) -> Option<(&Path, Version)> {
    let of = |kind: &'static str| {
        let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        fields.filter(move |fields| fields.len() > 3 && fields[2] == kind)
    };
    let one = of("cgroup").find(|fields| fields[3].split(',').any(|option| option == "cpu"));
    let one = one.map(|fields| (Path::new(fields[1]), Version::One));
    one.or_else(|| of("cgroup2").next().map(|fields| (Path::new(fields[1]), Version::Two)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_are_found() {
        let two = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,relatime 0 0\n";
        assert_eq!(find(two), Some((Path::new("/sys/fs/cgroup"), Version::Two)));
        let sets = "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n";
        let both = format!("{two}{sets}cgroup /cg/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\n");
        assert_eq!(find(&both), Some((Path::new("/cg/cpu,cpuacct"), Version::One)));
        assert_eq!(find(sets), None);
        assert_eq!(find("tmpfs /tmp tmpfs\n"), None);
    }
}
