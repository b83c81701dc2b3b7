//! Which thread an exception may be of. A text of many threads tells of one fault: a rule that asks for both must not take a
//! thread that happens to look like the one that failed.

use foldhash::{HashMap, HashSet};

use super::exceptions::Exception;
use crate::facts::{normal_function, normal_module};
use crate::model::{CallSite, CallSites, Stack, StackKind};
use crate::rules::ExceptionCondition;

/// Threads whose functions are kept; beyond, any may have thrown.
const KEPT: usize = 10_000;

/// Frames of an exception's stack that are compared, from the top.
const COMPARED: usize = 64;

/// The functions on the threads that rules about exceptions match, by source and line of the stack.
#[derive(Default)]
pub struct Throwers {
    functions: HashMap<(usize, u32), Functions>,
    /// Rules that matched threads on which none of the exceptions happened that they ask for.
    pub of_others: HashSet<usize>,
}

struct Functions {
    names: HashSet<String>,
    is_managed: bool,
}

impl Throwers {
    /// Keeps the functions of a thread. Of a stack that is not whole or has frames without names nothing is kept: what is
    /// not seen on it may be there all the same.
    pub fn keep(&mut self, stack: &Stack, sites: &CallSites, source: usize) {
        let place = (source, stack.line);
        let is_whole = stack.kind == StackKind::Thread && stack.holes.is_empty() && !stack.cut_off;
        if !is_whole || self.functions.len() >= KEPT || self.functions.contains_key(&place) {
            return;
        }
        let names: Option<HashSet<String>> =
            stack.frames.iter().map(|frame| function_of(&sites.get(frame.site))).collect();
        if let Some(names) = names {
            self.functions.insert(place, Functions { names, is_managed: stack.dialect.is_managed() });
        }
    }

    /// Whether the text tells of exceptions that a rule asks for, and of none that may be of the thread whose stack begins
    /// here.
    pub fn threw_none(&self, exceptions: &[Exception], asked: &ExceptionCondition, place: (usize, u32)) -> bool {
        let mut asked = exceptions.iter().filter(|exception| exception.is_asked_by(asked)).peekable();
        asked.peek().is_some() && asked.all(|exception| !self.may_be_of(exception, place))
    }

    /// Whether the exception may have happened on the thread whose stack begins here: of a fault the function at whose
    /// address it happened is on the stack, of a managed exception some function that it passed.
    fn may_be_of(&self, exception: &Exception, place: (usize, u32)) -> bool {
        let Some(thread) = self.functions.get(&place) else { return true };
        // `clr!` names a module alone.
        if let Some((module, function)) = exception.at.split_once('!').filter(|(_, function)| !function.is_empty()) {
            let function = normal_function(without_arguments(function), Some(&normal_module(module)));
            return thread.is_managed || thread.names.contains(&function);
        }
        match &exception.thrown {
            Some(thrown) if thread.is_managed => {
                thrown.functions.is_empty() || thrown.functions.iter().any(|name| thread.names.contains(name))
            }
            _ => true,
        }
    }
}

/// The functions of an exception's stack, as far as they have names.
pub fn functions_of(stack: &Stack, sites: &CallSites) -> Vec<String> {
    let named = stack.frames.iter().take(COMPARED).filter_map(|frame| function_of(&sites.get(frame.site)));
    named.collect()
}

/// Name without module and arguments; `None` where there is none.
fn function_of(site: &CallSite) -> Option<String> {
    if site.is_unreadable() {
        return None;
    }
    // A marker (`[HelperMethodFrame]`) is no function, and hides none.
    let Some(function) = site.function() else { return Some(String::new()) };
    let module = site.module().map(normal_module);
    Some(normal_function(without_arguments(function), module.as_deref()))
}

fn without_arguments(function: &str) -> &str {
    let end = function.find('(').filter(|&at| at > 0);
    &function[..end.unwrap_or(function.len())]
}
