//! The column headers of the `k` family: which columns the frames below one have.

/// The columns that a table header announces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// `kf`: how many bytes of stack each frame takes.
    pub memory: bool,
    /// `kc`: nothing but the call site.
    pub site_only: bool,
    /// ARM64EC processes: the machine type before each call site.
    pub arch: bool,
    /// RetAddr and call site alone, as articles cut the columns.
    pub ret_addr_only: bool,
    /// A `#` heads a column of frame numbers.
    pub numbered: bool,
    /// ia64: the backing store pointer between Child-SP and RetAddr.
    pub bsp: bool,
    /// NT 4 and Dr. Watson: two blanks between columns, and up to four arguments.
    pub frame_ptr: bool,
    /// mex: what it knows of a frame's arguments, or its source, stands behind the call site.
    pub behind_site: bool,
}

/// Reads a column header, or gives `None`. Only its words count: blanks are lost in mails.
pub fn header(line: &str) -> Option<Columns> {
    if !line.trim_start().starts_with(['#', 'C', 'R', 'F', 'M', 'A']) {
        return None;
    }
    let mut words = line.split_ascii_whitespace().peekable();
    let numbered = words.next_if_eq(&"#").is_some();
    let memory = words.next_if(|word| word.eq_ignore_ascii_case("memory")).is_some();
    let arch = words.next_if_eq(&"Arch").is_some();
    let colons = line.contains(" : ");
    let words: Vec<&str> = words.filter(|&word| word != ":").collect();
    let columns = Columns {
        memory,
        arch,
        numbered,
        site_only: !colons && words == ["Call", "Site"],
        ret_addr_only: words == ["RetAddr", "Call", "Site"],
        bsp: words.get(1) == Some(&"Child-BSP"),
        frame_ptr: words.first() == Some(&"FramePtr"),
        behind_site: matches!(words.last(), Some(&"Info" | &"Source")),
    };
    let known = matches!(
        words.as_slice(),
        ["Child-SP" | "ChildEBP" | "ChildFP", "RetAddr"]
            | ["Child-SP" | "ChildEBP", "RetAddr", "Call", "Site"]
            | ["Child-SP" | "ChildEBP", "RetAddr", "Args", "to", "Child"]
            | ["FramePtr", "RetAddr" | "ReturnAd", ..]
            | ["Child-SP", "Child-BSP", "RetAddr", ..]
            | ["Child-SP", "Return", "Call", "Site"]
            | ["Child-SP", "Return", "Call", "Site", "Info" | "Source"]
            | ["RetAddr", "Call", "Site"]
            | ["Call", "Site"]
    ) || is_start_of_wide_header(&words);
    known.then_some(columns)
}

/// Whether a line directly below a header is its end, which a window wrapped: `      : Call Site`.
pub fn is_rest_of_header(header: &str, line: &str) -> bool {
    let Some((_, begun)) = header.split_once("Args to Child") else { return false };
    let squeeze = |text: &str| text.replace([' ', ':'], "");
    let begun = squeeze(begun);
    begun != "CallSite" && begun + &squeeze(line) == "CallSite"
}

/// The header of `kv` and `kb` on x64 is so wide that windows wrap it, anywhere behind its arguments.
fn is_start_of_wide_header(words: &[&str]) -> bool {
    let (Some(address), Some(arguments)) = (words.first(), words.windows(3).position(|three| three == ARGUMENTS))
    else {
        return false;
    };
    let rest: String = words[arguments + 3..].concat();
    matches!(*address, "Child-SP" | "RetAddr") && "CallSite".starts_with(&rest)
}

const ARGUMENTS: [&str; 3] = ["Args", "to", "Child"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_by_their_words() {
        for (line, want) in [
            ("  # ChildEBP RetAddr", true),
            ("Child-SP RetAddr Call Site", true),
            ("Child-SP         RetAddr          Caller, Callee", false),
            ("        Child SP               IP Call Site", false),
            ("The Call Site is", false),
        ] {
            assert_eq!(header(line).is_some(), want, "{line}");
        }
    }
}
