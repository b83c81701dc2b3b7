//! Where reports go: standard output or a file, with colours where they can be seen.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice, StripStream};

use super::args::Color;
use super::exit::Stop;

/// Columns used when the terminal does not say, or is wider than is pleasant to read.
const WIDTH: usize = 110;

/// Standard output, buffered. When its reader goes away, as `head` does, the rest is lost without a word.
pub fn stdout(color: Color) -> Box<dyn Write> {
    let choice = match color {
        Color::Auto => AutoStream::choice(&io::stdout()),
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    Box::new(BufWriter::new(UntilClosed { inner: AutoStream::new(io::stdout(), choice), closed: false }))
}

/// Standard error, which may be closed as well.
pub fn stderr() -> Box<dyn Write> {
    Box::new(UntilClosed { inner: AutoStream::auto(io::stderr()), closed: false })
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

/// Writes as long as someone reads. The exit code must not depend on when the reader went away.
struct UntilClosed<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> UntilClosed<W> {
    fn unless_closed<T>(&mut self, result: io::Result<T>, when_closed: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(when_closed)
            }
            result => result,
        }
    }
}

impl<W: Write> Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let written = self.inner.write(bytes);
        self.unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let flushed = self.inner.flush();
        self.unless_closed(flushed, ())
    }
}
