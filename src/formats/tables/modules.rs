//! `lm`, `lmv` and the like: the modules of the target.
//!
//! ```text
//! start             end                 module name
//! 00000001`40000000 00000001`4005e000   svc      C (private pdb symbols)  z:\opt\dn\dbg\svc.pdb
//!     Image path: svc.exe
//!     Timestamp:        Sun Nov 22 11:09:58 2026 (6B02CD86)
//! 00000001`70000000 00000001`70361000   ntdll      (export symbols)       C:\windows\system32\ntdll.dll
//!
//! Unloaded modules:
//! fffff802`68eb0000 fffff802`68eda000   luafv.sys
//! ```
//!
//! A letter before the parenthesis tells what was found wrong with the image (`C`: no checksum, `T`: no timestamp, `M`,
//! `#`); it is left out. `lmf` prints the path in its place, `lmt` the time.

use super::{TableFormat, TableLine, first_words, is_address, labelled, words_are};

pub const FORMAT: TableFormat = TableFormat {
    name: "modules",
    commands: &["lm", "lmv", "lmvm", "lmdvm", "lmf", "lmt", "lmn", "lmk", "lmu", "lmkv", "lmsm", "lmo", "lml", "lmm"],
    columns: &[
        "start",
        "end",
        "module",
        "symbols",
        "path",
        "timestamp",
        "image path",
        "image name",
        "checksum",
        "image size",
        "file version",
        "product version",
        "details",
    ],
    line,
    shows: names_columns,
};

/// What `lmv` says of a module, and its column.
const DETAILS: [(&str, &str); 28] = [
    ("Image path", "image path"),
    ("Image name", "image name"),
    ("Timestamp", "timestamp"),
    ("CheckSum", "checksum"),
    ("ImageSize", "image size"),
    ("File version", "file version"),
    ("Product version", "product version"),
    ("Loaded symbol image file", "details"),
    ("Mapped memory image file", "details"),
    ("Symbol file", "details"),
    ("Image was built with /Brepro flag.", "details"),
    ("File flags", "details"),
    ("File OS", "details"),
    ("File type", "details"),
    ("File date", "details"),
    ("Translations", "details"),
    ("CompanyName", "details"),
    ("ProductName", "details"),
    ("InternalName", "details"),
    ("OriginalFilename", "details"),
    ("ProductVersion", "details"),
    ("FileVersion", "details"),
    ("PrivateBuild", "details"),
    ("SpecialBuild", "details"),
    ("FileDescription", "details"),
    ("LegalCopyright", "details"),
    ("LegalTrademarks", "details"),
    ("Comments", "details"),
];

fn line(text: &str) -> Option<TableLine<'_>> {
    if is_header(text) {
        return Some(TableLine::Header);
    }
    module(text).or_else(|| detail(text))
}

fn module(text: &str) -> Option<TableLine<'_>> {
    let ([start, end, module], behind) = first_words(text)?;
    if !is_address(start) || !is_address(end) {
        return None;
    }
    // `C (private pdb symbols)`
    let mut behind = behind;
    while let Some(([flag], rest)) = first_words(behind)
        && flag.len() == 1
    {
        behind = rest;
    }
    let (symbols, path, time) = match behind.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
        Some((symbols, path)) => (symbols, path.trim(), ""),
        None if behind.contains(['\\', '/']) => ("", behind, ""),
        None => ("", "", behind),
    };
    Some(TableLine::Row(vec![start, end, module, symbols, path, time]))
}

fn detail(text: &str) -> Option<TableLine<'_>> {
    let text = text.trim();
    if text.starts_with("Has CLR image header") {
        return Some(TableLine::Cell("details", text));
    }
    let (name, value) = labelled(text, &[])?;
    match DETAILS.iter().find(|(printed, _)| *printed == name)? {
        (_, "details") => Some(TableLine::Cell("details", text)),
        (_, column) => Some(TableLine::Cell(column, value)),
    }
}

fn is_header(text: &str) -> bool {
    let title = ["Unloaded modules:", "Browse full module list", "Information from resource tables:"];
    names_columns(text) || title.contains(&text.trim()) || text.trim().starts_with("Browse all global symbols")
}

fn names_columns(text: &str) -> bool {
    words_are(text, &["start", "end", "module", "name"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tables::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("start    end        module name", "header"),
            (
                "00000001`40000000 00000001`4005e000   svc      C (private pdb symbols)  z:\\dbg files\\svc.pdb",
                "row 00000001`40000000 | 00000001`4005e000 | svc | private pdb symbols | z:\\dbg files\\svc.pdb | ",
            ),
            ("77dd0000 77e6b000   ADVAPI32   (deferred)     ", "row 77dd0000 | 77e6b000 | ADVAPI32 | deferred |  | "),
            (
                "77c10000 77c68000   msvcrt   C:\\WINDOWS\\system32\\msvcrt.dll",
                "row 77c10000 | 77c68000 | msvcrt |  | C:\\WINDOWS\\system32\\msvcrt.dll | ",
            ),
            (
                "77c10000 77c68000   msvcrt   Tue Aug 03 23:05:44 2004 (41107B80)",
                "row 77c10000 | 77c68000 | msvcrt |  |  | Tue Aug 03 23:05:44 2004 (41107B80)",
            ),
            ("Unloaded modules:", "header"),
            (
                "fffff802`68eb0000 fffff802`68eda000   luafv.sys",
                "row fffff802`68eb0000 | fffff802`68eda000 | luafv.sys |  |  | ",
            ),
            ("    Image path: C:\\a b\\svc.exe", "cell image path = C:\\a b\\svc.exe"),
            (
                "    Timestamp:        Sun Nov 22 11:09:58 2026 (6B02CD86)",
                "cell timestamp = Sun Nov 22 11:09:58 2026 (6B02CD86)",
            ),
            ("    CompanyName:      Contoso", "cell details = CompanyName:      Contoso"),
            ("words of prose: more", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
