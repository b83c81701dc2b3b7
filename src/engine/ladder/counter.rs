//! Questions about counters.

use super::Answer;
use crate::facts::ProcessCounters;
use crate::rules::CounterQuestion;

pub fn answer(question: &CounterQuestion, counters: Option<&ProcessCounters>, why_none: Option<&str>) -> Answer {
    let _ = (question, counters);
    Answer::missing(why_none.unwrap_or("no counter"))
}
