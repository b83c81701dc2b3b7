//! Where reports go: standard output or a file, with colours where they can be seen.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice, StripStream};

use super::args::Color;
use super::exit::Stop;

/// Columns used when the terminal does not say, or is wider than is pleasant to read.
const WIDTH: usize = 110;

/// Standard output, buffered.
pub fn stdout(color: Color) -> Box<dyn Write> {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stdout()),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    Box::new(BufWriter::new(AutoStream::new(io::stdout(), choice)))
}

/// A file, without colours.
pub fn file(path: &Path) -> Result<Box<dyn Write>, Stop> {
    let file = File::create(path).map_err(|error| Stop::Usage(format!("{}: {error}", path.display())))?;
    let buffered: Box<dyn Write> = Box::new(BufWriter::new(file));
    Ok(Box::new(StripStream::new(buffered)))
}

/// How wide text is wrapped.
pub fn width() -> usize {
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.unwrap_or(WIDTH).clamp(60, WIDTH)
}
