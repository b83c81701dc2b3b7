//! Bytes to readable text: encodings, line ends and positions.
//!
//! Debugger output reaches us as UTF-8, as UTF-16 (WinDbg's `.logopen /u`, PowerShell redirection), or in the machine's
//! Windows-1252 code page. [`TextReader`] streams any of them as UTF-8 chunks of whole lines, so that no input is ever
//! held in memory as a whole; [`Source`] is a small text that is (a rule file), and knows lines and columns.

mod encoding;
mod reader;
mod source;

pub use encoding::Encoding;
pub use reader::{BinaryKind, Chunk, TextError, TextReader};
pub use source::{Source, Span};
