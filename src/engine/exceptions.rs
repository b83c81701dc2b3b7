//! Exceptions of a case, as the tables of its sources tell them.

mod of_table;
mod placed;
mod told;

pub use of_table::exceptions_of;
pub use placed::{of_stacks, place, stacks_of_exceptions, thrown_of};
pub use told::tells_of_another;

use crate::model::Dialect;
use crate::rules::ExceptionCondition;

/// An exception that some text tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// Type of a managed exception, or what the debugger calls the event.
    pub name: String,
    pub message: String,
    /// Of a native exception, or the HRESULT of a managed one.
    pub code: Option<u64>,
    /// The text says that nobody caught it.
    pub unhandled: bool,
    /// Where native code faulted, as far as the text names it: `clr!WKS::gc_heap::mark`, or `clr!` for the module alone.
    pub at: String,
    /// Index of the source in its case.
    pub source: usize,
    pub line: u32,
    /// The thread that holds it, by its id of the operating system.
    pub holder: Option<u64>,
    /// It wraps another one, whose frames come first.
    pub is_outer: bool,
    /// It is of a type of which every process keeps an object ready, was printed by its address, and says nothing.
    pub is_premade: bool,
    /// The process, where a debugger saw the exception before anybody could handle it.
    pub first_seen_in: Option<u64>,
    /// The first frame of its stack.
    pub thrown: Option<Thrown>,
}

/// Where an exception was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thrown {
    /// Index of the source in its case.
    pub source: usize,
    /// Line of the stack, and of its first frame.
    pub stack_line: u32,
    pub line: u32,
    pub call_site: String,
    /// Without arguments, where there are symbols.
    pub function: Option<String>,
    /// Functions that the exception passed, without arguments; where SOS printed them, which names them as on threads.
    pub functions: Vec<String>,
    pub dialect: Dialect,
}

impl Exception {
    /// Whether it is one that a rule asks for.
    pub fn is_asked_by(&self, condition: &ExceptionCondition) -> bool {
        condition.holds(&self.name, &self.message, self.code, &self.at, self.unhandled)
    }

    /// What `{{exception.type}}` and the like stand for in a message; see [`crate::rules::EXCEPTION_FIGURES`].
    pub fn figure(&self, name: &str) -> Option<String> {
        match name {
            "exception.type" => Some(self.name.clone()),
            "exception.message" if self.message.is_empty() => Some("no message".to_string()),
            "exception.message" => Some(self.message.clone()),
            "exception.site" => match &self.thrown {
                Some(thrown) => Some(thrown.function.as_ref().unwrap_or(&thrown.call_site).clone()),
                None => Some("an unknown place".to_string()),
            },
            _ => None,
        }
    }
}

/// A rule's message without the place at its beginning, where the text does not tell where the exception was thrown.
pub fn without_unknown_site<'m>(message: &'m str, exception: &Exception) -> &'m str {
    let behind_site = || message.strip_prefix("{{exception.site}}: ");
    match exception.thrown {
        Some(_) => message,
        None => behind_site().unwrap_or(message),
    }
}

/// A type without its namespace, which some texts leave out.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A SqlException gives the code of Windows as an exception inside, which was never thrown: the frames are its own.
fn has_its_stack(outer: &Exception, inner: &str) -> bool {
    last_part(&outer.name) == "SqlException" && last_part(inner) == "Win32Exception"
}
