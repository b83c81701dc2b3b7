//! Stacks that end in code without symbols: one note for a source, however many sections they are in.

use crate::formats::notes::plural;

#[derive(Default)]
pub struct BrokenOff {
    /// Line of the first.
    line: u32,
    broken: usize,
    /// All stacks of the sections in which some are broken off.
    stacks: usize,
    /// The commands of those sections.
    commands: Vec<String>,
    /// Of the section at hand.
    broken_here: usize,
    stacks_here: usize,
}

impl BrokenOff {
    /// Counts a stack; one that breaks off with its line.
    pub fn count(&mut self, breaks_off: Option<u32>) {
        self.stacks_here += 1;
        if let Some(line) = breaks_off {
            self.broken_here += 1;
            self.line = if self.line == 0 { line } else { self.line };
        }
    }

    pub fn end_section(&mut self, command: Option<&str>) {
        let broken = std::mem::take(&mut self.broken_here);
        let stacks = std::mem::take(&mut self.stacks_here);
        if broken == 0 {
            return;
        }
        self.broken += broken;
        self.stacks += stacks;
        if let Some(command) = command.map(|command| format!("`{command}`"))
            && !self.commands.contains(&command)
        {
            self.commands.push(command);
        }
    }

    /// The note on all of them: its line and words.
    pub fn note(&self) -> Option<(u32, String)> {
        if self.broken == 0 {
            return None;
        }
        let of = if self.commands.is_empty() { String::new() } else { format!(" of {}", self.commands.join(", ")) };
        let message = format!(
            "{} of {}{of} break off at code without symbols, most often JIT-compiled managed code; \
             to see the managed callers, load SOS and run `~*e !clrstack`",
            self.broken,
            plural(self.stacks, "stack")
        );
        Some((self.line, message))
    }
}
