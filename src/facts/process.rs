//! Which process a text is about, as far as it says so.

/// What is known of a process; `None` where the text does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// The machine, in lower case.
    pub host: Option<String>,
    /// The image's name in lower case, without `.exe`: `w3wp`.
    pub name: Option<String>,
    pub id: Option<u64>,
    /// The number that performance counters give to one of several processes of this name: 1 of `w3wp#1`. It may change
    /// when another of them ends, so it names a process within one recording only.
    pub ordinal: Option<u32>,
}

impl Process {
    /// Whether both can be one process: nothing that is known of both differs.
    pub fn may_be(&self, other: &Process) -> bool {
        fn agree<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
            a.is_none() || b.is_none() || a == b
        }
        let same_id = self.id.is_some() && self.id == other.id;
        agree(&self.host, &other.host)
            && agree(&self.name, &other.name)
            && agree(&self.id, &other.id)
            && (same_id || agree(&self.ordinal, &other.ordinal))
    }

    /// `w3wp#1 (4312) on WEB01`, or `a process` where nothing is known.
    pub fn label(&self) -> String {
        let mut label = self.name.clone().unwrap_or_else(|| "a process".to_string());
        if let Some(ordinal) = self.ordinal.filter(|&ordinal| ordinal > 0) {
            label.push_str(&format!("#{ordinal}"));
        }
        if let Some(id) = self.id {
            label.push_str(&format!(" ({id})"));
        }
        if let Some(host) = &self.host {
            label.push_str(&format!(" on {host}"));
        }
        label
    }
}

/// `C:\Windows\System32\inetsrv\w3wp.exe` is `w3wp`.
pub fn process_name(image: &str) -> String {
    let name = image.rsplit(['\\', '/']).next().unwrap_or(image).trim().to_ascii_lowercase();
    name.strip_suffix(".exe").map(str::to_string).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(name: &str, id: Option<u64>, ordinal: Option<u32>) -> Process {
        Process { host: None, name: Some(process_name(name)), id, ordinal }
    }

    #[test]
    fn what_differs_tells_processes_apart() {
        let report = process("C:\\inetsrv\\w3wp.exe", Some(4312), None);
        for (other, want) in [
            (process("w3wp", None, Some(0)), true),
            (process("w3wp", Some(4312), Some(1)), true),
            (process("w3wp", Some(77), None), false),
            (process("svchost", None, None), false),
            (Process::default(), true),
        ] {
            assert_eq!(report.may_be(&other), want, "{other:?}");
        }
        assert!(!process("w3wp", None, Some(0)).may_be(&process("w3wp", None, Some(1))));
        assert_eq!(report.label(), "w3wp (4312)");
    }
}
