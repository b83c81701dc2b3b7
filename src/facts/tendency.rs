//! What a figure does over time.

/// What a counter, or a figure of leak reports, did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tendency {
    Grows,
    Flat,
    Falls,
    /// It moved, and too little or not steadily enough to grow or fall.
    Between,
    /// The error of the values is too large to tell.
    Unclear,
    /// There is too little of it.
    Unknown,
}
