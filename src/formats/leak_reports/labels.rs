//! `Total size of allocations   1.68 GBytes`: what a value is called.
//!
//! In DebugDiag's page label and value are cells of a table. Copied, there are blanks, a TAB or a line end between them;
//! people write `:` or ` = `. A label that a line end parts from its value is joined with the next line first.

/// The labels of a report that say something of its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    Allocations,
    Handles,
    Size,
    Tracking,
    Module,
    AllocationCount,
    AllocationSize,
    HandleCount,
    Function,
    AllocationType,
    Probability,
    ProcessId,
    ProcessImage,
    /// Of one sample: where a block lies, or which handle it is, and when.
    Sample,
    /// What is known, but no figure of the report.
    Other,
}

impl Label {
    /// Whether nothing but a leak report has such a label.
    pub fn begins_report(self) -> bool {
        matches!(self, Label::Allocations | Label::Handles | Label::Size)
    }
}

/// Of two that begin alike the longer one comes first.
const LABELS: [(&str, Label); 32] = [
    ("Number of outstanding allocations", Label::Allocations),
    ("Number of allocations", Label::Allocations),
    ("Total outstanding handle count", Label::Handles),
    ("Total size of allocations", Label::Size),
    ("Tracking duration", Label::Tracking),
    ("Module Name", Label::Module),
    ("Allocation Count", Label::AllocationCount),
    ("Allocation Size", Label::AllocationSize),
    ("Handle Count", Label::HandleCount),
    ("Function", Label::Function),
    ("Allocation type", Label::AllocationType),
    ("Leak Probability", Label::Probability),
    ("Process ID", Label::ProcessId),
    ("Process Image", Label::ProcessImage),
    ("Allocation Time", Label::Sample),
    ("Address", Label::Sample),
    ("Handle", Label::Sample),
    ("Heap handle", Label::Other),
    ("Source Line", Label::Other),
    ("Machine Name", Label::Other),
    ("Operating System", Label::Other),
    ("Number Of Processors", Label::Other),
    ("System Up-Time", Label::Other),
    ("Process Up-Time", Label::Other),
    ("Type of Analysis Performed", Label::Other),
    ("Image Name", Label::Other),
    ("Symbol Type", Label::Other),
    ("Base address", Label::Other),
    ("Time Stamp", Label::Other),
    ("File Description", Label::Other),
    ("Module Size", Label::Other),
    ("Company Name", Label::Other),
];

/// A label and its value.
pub fn split(text: &str) -> Option<(Label, &str)> {
    let (label, rest) = prefix(text)?;
    let separated = rest.starts_with(['\t', ':', '='])
        || rest.starts_with("  ")
        || rest.starts_with([' ']) && {
            let rest = rest.trim_start();
            rest.starts_with(['=', '\t']) || rest.starts_with(": ")
        };
    let value = rest.trim_start().trim_start_matches([':', '=']).trim();
    (separated && !value.is_empty()).then_some((label, value))
}

/// A label whose value stands on another line.
pub fn alone(text: &str) -> Option<Label> {
    let (label, rest) = prefix(text.trim())?;
    rest.trim_start().trim_end_matches([':', '=']).trim().is_empty().then_some(label)
}

fn prefix(text: &str) -> Option<(Label, &str)> {
    LABELS.iter().find_map(|(name, label)| {
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((*label, rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_values() {
        for (text, want) in [
            ("Number of allocations   13,155 allocations", Some((Label::Allocations, "13,155 allocations"))),
            ("Number of allocations\t13,155 allocations", Some((Label::Allocations, "13,155 allocations"))),
            ("Number of outstanding allocations = 13", Some((Label::Allocations, "13"))),
            ("Total size of allocations: 1.68 GBytes", Some((Label::Size, "1.68 GBytes"))),
            ("Total size of allocations : 1.68 GBytes", Some((Label::Size, "1.68 GBytes"))),
            ("Module Name  GdiPlus", Some((Label::Module, "GdiPlus"))),
            ("Function   svc!f+1e", Some((Label::Function, "svc!f+1e"))),
            ("Function calls are slow", None),
            ("Allocation Size is large", None),
            ("Allocation Size", None),
            ("Allocation Size = ", None),
        ] {
            assert_eq!(split(text), want, "{text}");
        }
        assert_eq!(alone("Allocation Size:"), Some(Label::AllocationSize));
        assert_eq!(alone("Allocation Size is"), None);
    }
}
