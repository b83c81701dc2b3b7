//! Managed stacks of `dotnet-stack report`.
//!
//! ```text
//! Thread (0x1A2C):
//!   [Native Frames]
//!   System.Private.CoreLib!System.Threading.Monitor.Wait(class System.Object,int32)
//!   Orders!Contoso.Orders.Program.Main(class System.String[])
//! ```
//!
//! No addresses, no offsets, no source; argument types are written as in IL. The forerunner of the tool wrote
//! `Stack for Thread (2207382):` with a decimal id.

use super::{Begin, Format, FrameLine, Line};
use crate::formats::tokens::hex_value;
use crate::model::{Dialect, ThreadRef};

pub const FORMAT: Format = Format {
    commands: &["dotnet-stack"],
    ..Format::of_threads(Dialect::DotnetStack, line, |text| thread(text).is_some())
};

fn line(text: &str) -> Option<Line<'_>> {
    if let Some(thread) = thread(text) {
        return Some(Line::Begin(Begin::thread(thread)));
    }
    let site = text.strip_prefix([' ', '\t'])?.trim();
    match site {
        "[Native Frames]" => Some(Line::Frame(FrameLine::of("[NativeFrames]"))),
        "UNMANAGED_CODE_TIME" | "CPU_TIME" => Some(Line::Frame(FrameLine::of(site))),
        _ => {
            let (module, method) = site.split_once('!')?;
            // `Anonymously Hosted DynamicMethods Assembly!dynamicClass.lambda_method1(...)`
            let is_module = !module.is_empty() && !module.contains(['(', '.']) || !module.contains(' ');
            (is_module && method.contains(['(', '.'])).then(|| Line::Frame(FrameLine::of(site)))
        }
    }
}

/// `Thread (0x1A2C):`
fn thread(text: &str) -> Option<ThreadRef> {
    let text = text.trim();
    let inside = text.strip_prefix("Thread (").or_else(|| text.strip_prefix("Stack for Thread ("))?;
    let id = inside.strip_suffix(':').unwrap_or(inside).strip_suffix(')')?;
    let os_id = match id.strip_prefix("0x") {
        Some(digits) => hex_value(digits),
        None => id.parse().ok(),
    };
    Some(ThreadRef { os_id: Some(os_id?), ..ThreadRef::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::stacks::tests::check;

    #[test]
    fn lines() {
        for (text, want) in [
            ("Thread (0x1A2C):", "begin 0x1a2c"),
            ("Stack for Thread (2207382):", "begin 0x21ae96"),
            ("  [Native Frames]", "frame [NativeFrames]"),
            ("  Orders!C.O.P.Main(class System.String[])", "frame Orders!C.O.P.Main(class System.String[])"),
            ("Orders!C.O.P.Main()", "nothing"),
            ("  What a day!", "nothing"),
        ] {
            check(&FORMAT, text, want);
        }
    }
}
