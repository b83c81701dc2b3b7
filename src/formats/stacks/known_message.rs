//! Messages of exceptions that are known by themselves, without the type: those of the runtime's own libraries.
//!
//! ```text
//! Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.
//! {"Not enough storage is available. (Exception from HRESULT: 0x80070008)"}
//! **There was no endpoint listening at http://contoso/orders.svc that could accept the message.**
//! ```

use std::sync::LazyLock;

use super::told_exception::{Row, is_exception_type, names};
use crate::formats::marks::Marks;

/// Begin and end of a message, and the one type of exception that has it.
type Message = (&'static str, &'static str, &'static str);

/// Messages that nobody writes but the exception: they need no frames to be believed.
const CLEAR: [Message; 29] = [
    // `ExceptionFactory.Timeout` of StackExchange.Redis.
    ("Timeout performing ", "", REDIS),
    ("Timeout awaiting response (", "", REDIS),
    // `IllegalCrossThreadCallWithStack` of Windows Forms.
    ("Cross-thread operation not valid: Control ", "", "System.InvalidOperationException"),
    ("There was no endpoint listening at ", "", "System.ServiceModel.EndpointNotFoundException"),
    // `Xml_InvalidCharacter`: an application's file is full of zeros.
    ("'.', hexadecimal value 0x", "", "System.Xml.XmlException"),
    ("'\0', hexadecimal value 0x", "", "System.Xml.XmlException"),
    // `ADP_PooledOpenTimeout` of System.Data.
    ("Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool", "", POOL),
    // As pages print it.
    ("Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool", "", POOL),
    (
        "Operations that change non-concurrent collections must have exclusive access",
        "",
        "System.InvalidOperationException",
    ),
    ("Only one usage of each socket address (protocol/network address/port) is normally permitted", "", SOCKET),
    (
        "Attempted to read or write protected memory. This is often an indication that other memory is corrupt",
        "",
        "System.AccessViolationException",
    ),
    ("An error occurred invoking the method.  The destination thread no longer exists", "", THREAD_GONE),
    ("The HTTP request to '", "portion of a longer timeout.", TIMEOUT),
    // MySqlConnector
    ("Connect Timeout expired. All pooled connections are in use", "", "MySqlConnector.MySqlException"),
    // WSAENOBUFS (10055)
    ("An operation on a socket could not be performed because the system lacked", "", SOCKET),
    // `TimeoutOnRequest` and `TimeoutOnSend` of System.ServiceModel.
    ("The request channel timed out while waiting for a reply after ", "", TIMEOUT),
    ("The request channel timed out attempting to send after ", "", TIMEOUT),
    // Of System.ServiceModel.Activation.
    ("Memory gates checking failed because the free memory (", "", "System.InsufficientMemoryException"),
    // Event 1316 of ASP.NET, code 4009.
    ("Viewstate verification failed. Reason: ", "", "System.Web.UI.ViewStateException"),
    ("Insufficient memory to continue the execution of the program", ".", "System.OutOfMemoryException"),
    (
        "The calling thread cannot access this object because a different thread owns it",
        ".",
        "System.InvalidOperationException",
    ),
    ("The process cannot access the file '", "", "System.IO.IOException"),
    ("Collection was modified; enumeration operation may not execute", "", "System.InvalidOperationException"),
    (
        "Controls created on one thread cannot be parented to a control on a different thread",
        "",
        "System.ArgumentException",
    ),
    ("Settings to access printer '", "' are not valid.", "System.Drawing.Printing.InvalidPrinterException"),
    ("Method not found: '", "", MISSING_METHOD),
    ("Unable to load DLL '", "", "System.DllNotFoundException"),
    ("Unable to find an entry point named '", "", "System.EntryPointNotFoundException"),
    // `SystemDrawingCommon_PlatformNotSupported` of System.Drawing.Common.
    ("System.Drawing.Common is not supported on ", "", "System.PlatformNotSupportedException"),
];

/// Messages that people repeat in their prose too.
const MESSAGES: [Message; 27] = [
    // `TypeInitialization_Type` of the runtime's resources.
    ("The type initializer for '", "' threw an exception.", "System.TypeInitializationException"),
    // `Gdip.StatusException` of System.Drawing.
    ("A generic error occurred in GDI+", ".", GDIPLUS),
    ("Allgemeiner Fehler in GDI+", ".", GDIPLUS),
    ("Une erreur générique s'est produite dans GDI+", ".", GDIPLUS),
    ("Error genérico en GDI+", ".", GDIPLUS),
    ("Errore generico in GDI+", ".", GDIPLUS),
    ("GDI+ 中发生一般性错误", "。", GDIPLUS),
    ("GDI+ で汎用エラーが発生しました", "。", GDIPLUS),
    // `Gdip.InvalidParameter` and `Gdip.OutOfMemory`.
    ("Parameter is not valid", ".", "System.ArgumentException"),
    ("Out of memory", ".", "System.OutOfMemoryException"),
    // `Arg_*` of the runtime's resources.
    ("Object reference not set to an instance of an object", ".", "System.NullReferenceException"),
    ("Attempted to read or write protected memory", ".", "System.AccessViolationException"),
    ("Attempted to divide by zero", ".", "System.DivideByZeroException"),
    ("Thread was being aborted", ".", "System.Threading.ThreadAbortException"),
    ("Operation is not valid due to the current state of the object", ".", "System.InvalidOperationException"),
    ("There were not enough free threads in the ThreadPool", "", "System.InvalidOperationException"),
    ("Sequence contains no ", "", "System.InvalidOperationException"),
    ("Unable to load shared library '", "", "System.DllNotFoundException"),
    ("Could not load type '", "", "System.TypeLoadException"),
    ("Value cannot be null", "", "System.ArgumentNullException"),
    ("Index was outside the bounds of the array", ".", "System.IndexOutOfRangeException"),
    ("Input string was not in a correct format", ".", "System.FormatException"),
    ("Unable to cast object of type '", "", "System.InvalidCastException"),
    ("Specified cast is not valid", ".", "System.InvalidCastException"),
    ("Cannot access a disposed object", "", "System.ObjectDisposedException"),
    ("Arithmetic operation resulted in an overflow", ".", "System.OverflowException"),
    ("A task was canceled", ".", "System.Threading.Tasks.TaskCanceledException"),
];

const REDIS: &str = "StackExchange.Redis.RedisTimeoutException";
const MISSING_METHOD: &str = "System.MissingMethodException";
const POOL: &str = "System.InvalidOperationException";
const SOCKET: &str = "System.Net.Sockets.SocketException";
const THREAD_GONE: &str = "System.ComponentModel.InvalidAsynchronousStateException";
const TIMEOUT: &str = "System.TimeoutException";
const GDIPLUS: &str = "System.Runtime.InteropServices.ExternalException";

/// What stands before the code with which the runtime ends messages of COM, in any language.
const HRESULT: &str = "HRESULT";

/// Without one of these, a line has no clear message.
static MARKS: LazyLock<Marks> = LazyLock::new(|| Marks::new(CLEAR.iter().map(|(begin, ..)| *begin).chain([HRESULT])));

/// The exception that a line by itself tells of, by its message.
pub fn by_clear_message(trimmed: &str) -> Option<Row<'_>> {
    if !MARKS.is_any_in(trimmed) {
        return None;
    }
    let trimmed = message_of_window(trimmed);
    // `PlatformNotSupportedException: System.Drawing.Common is ...`, without a namespace.
    let behind_type = trimmed.split_once(": ").filter(|(label, _)| is_exception_type(label));
    let trimmed = behind_type.map_or(trimmed, |(_, message)| message);
    if ends_in_hresult(trimmed) {
        return by_named_hresult(trimmed).or_else(|| by_message(trimmed));
    }
    let row = CLEAR.iter().find_map(|(begin, ..)| {
        let at = trimmed.find(begin)?;
        // Where it does not begin the line, it is cited.
        let before = trimmed[..at].trim_end();
        let is_labelled = LABELS.iter().any(|label| before.eq_ignore_ascii_case(label));
        // Behind a quotation mark it goes to the end of the line; else it is quoted by somebody's words.
        let closes = |c: char| matches!(c, '"' | '”' | '»');
        let is_quoted_by_words = before.ends_with(['"', '“', '«'])
            && trimmed[at..].trim_end_matches(['.', ',', ' ', '"', '”', '»']).contains(closes);
        if is_quoted_by_words {
            return None;
        }
        let is_cited = before.is_empty() || is_labelled || before.ends_with(['"', '“', '*', '«', '>', '`', '_']);
        is_cited.then(|| by_message(trimmed[at..].trim_end_matches(['"', '”', '*', '»']))).flatten()
    });
    // `SqlException: Timeout expired. ...`: what the line itself says of the type holds.
    let is_another = |label: &str, name: &str| name.rsplit('.').next() != label.rsplit('.').next();
    match (row, behind_type) {
        (Some([name, rest @ ..]), Some((label, _))) if is_another(label, name) => {
            let [message, outer, unhandled, code] = rest;
            Some([label, message, outer, unhandled, code])
        }
        (row, _) => row,
    }
}

/// What stands before a message where it is shown by itself.
const LABELS: [&str; 6] =
    ["Additional information:", "Message:", "Message=", "Error:", "Exception Message:", "Event message:"];

/// As Visual Studio shows a message, `{"Not enough storage."}`, and a report in XML: `<Message>It failed.</Message>`.
pub fn message_of_window(trimmed: &str) -> &str {
    let trimmed = trimmed.trim_matches('`').trim_start_matches(['/', ' ', '\t']);
    if let Some(element) = trimmed.strip_prefix("<Message>") {
        return element.strip_suffix("</Message>").unwrap_or(element);
    }
    let in_quotes = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let of_value = trimmed.strip_prefix("{\"").and_then(|rest| rest.strip_suffix("\"}"));
    of_value.or(in_quotes).unwrap_or(trimmed)
}

/// `SetUp : System.IO.FileLoadException : Could not load file ... (Exception from HRESULT: 0x80131040)`: here the type is said.
fn by_named_hresult(trimmed: &str) -> Option<Row<'_>> {
    let (start, name) = names(trimmed).next()?;
    let [_, _, _, _, code] = by_hresult(trimmed)?;
    let message = trimmed[start + name.len()..].trim_start_matches([' ', ':']);
    Some([name, message, "", "", code])
}

/// The runtime ends messages of COM so, and nothing stands before them.
fn ends_in_hresult(trimmed: &str) -> bool {
    let begins = trimmed.trim_start_matches(['\'', '"', '“', '”', '„', '«']);
    // Scripts without capitals begin with any letter.
    let begins = begins.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase());
    begins && trimmed.ends_with([')', '\'', '）']) && by_hresult(trimmed).is_some()
}

pub fn by_message(trimmed: &str) -> Option<Row<'_>> {
    // `UCEERR_RENDERTHREADFAILURE (Exception from HRESULT: 0x88980406)`: WPF's codes come as no other type.
    if let Some(at) = trimmed.find("0x8898").filter(|_| trimmed.contains("HRESULT")) {
        let code = trimmed[at..].trim_end_matches([')', '.', '。', ' ']);
        return (code.len() == 10).then_some(["System.Runtime.InteropServices.COMException", trimmed, "", "", code]);
    }
    if let Some(row) = by_hresult(trimmed) {
        return Some(row);
    }
    let mut known = CLEAR.iter().chain(&MESSAGES);
    let (.., name) =
        known.find(|(begin, end, _)| trimmed.starts_with(begin) && trimmed[begin.len()..].ends_with(end))?;
    is_said_by(name, trimmed).then_some([name, trimmed, "", "", ""])
}

/// Whether a message that begins like that of a type has what the type's message always has.
fn is_said_by(name: &str, message: &str) -> bool {
    match name {
        // `Timeout performing GET order:17, inst: 1, mgr: Inactive, ...`
        REDIS => ["inst:", "mgr:", "IOCP:", "ms)", "ms elapsed"].iter().any(|part| message.contains(part)),
        // `Method not found: 'Void N.Book.Close()'.`
        MISSING_METHOD => message.split('\'').nth(1).is_some_and(|method| method.contains('.')),
        _ => true,
    }
}

/// `Not enough storage is available. (Exception from HRESULT: 0x80070008)`: what the runtime says of codes of COM. Some come
/// as exceptions of their own, in `HRException` of the runtime.
fn by_hresult(trimmed: &str) -> Option<Row<'_>> {
    let (before, behind) = trimmed.split_once(HRESULT)?;
    let (_, within) = before.rsplit_once(['(', '（'])?;
    // `(Ausnahme von HRESULT: 0x80040154)`, `(HRESULT からの例外:0x80040154)`
    let (words, _) = behind.split_once("0x").filter(|_| within.chars().count() <= 30)?;
    let is_label = words.chars().count() <= 12 && words.trim_end().ends_with([':', '：']);
    let code = behind[words.len()..].split([' ', ')', '）']).next().filter(|_| is_label)?;
    let digits = code.strip_prefix("0x").filter(|digits| digits.len() == 8)?;
    let name = match digits.to_ascii_uppercase().as_str() {
        "8007000E" => "System.OutOfMemoryException",
        "80070005" => "System.UnauthorizedAccessException",
        "80070002" => "System.IO.FileNotFoundException",
        "8007000B" => "System.BadImageFormatException",
        "80070057" => "System.ArgumentException",
        "80004003" => "System.NullReferenceException",
        _ => "System.Runtime.InteropServices.COMException",
    };
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some([name, trimmed, "", "", code])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_need_no_frames() {
        for (text, want) in [
            (
                "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.  This may",
                POOL,
            ),
            ("Only one usage of each socket address (protocol/network address/port) is normally permitted", SOCKET),
            ("Object reference not set to an instance of an object.", ""),
            (
                "{\"Not enough storage. (Exception from HRESULT: 0x80070008)\"}",
                "System.Runtime.InteropServices.COMException",
            ),
            (
                "PlatformNotSupportedException: System.Drawing.Common is not supported on non-Windows platforms.",
                "System.PlatformNotSupportedException",
            ),
            ("I see Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED)) now", ""),
            (
                "'類別未登錄 (發生例外狀況於 HRESULT: 0x80040154 (REGDB_E_CLASSNOTREG))'",
                "System.Runtime.InteropServices.COMException",
            ),
            (
                "Zugriff verweigert (Ausnahme von HRESULT: 0x80070005 (E_ACCESSDENIED))",
                "System.UnauthorizedAccessException",
            ),
            (
                "SetUp : System.IO.FileLoadException : Could not load it. (Exception from HRESULT: 0x80131040)",
                "System.IO.FileLoadException",
            ),
            (
                "Additional information: Cross-thread operation not valid: Control 'F' accessed from a thread other than",
                "System.InvalidOperationException",
            ),
            (
                "The message means \"Cross-thread operation not valid: Control 'F' accessed from a thread other than\".",
                "System.InvalidOperationException",
            ),
            (
                "Error: **There was no endpoint listening at http://x/a.svc** it said",
                "System.ServiceModel.EndpointNotFoundException",
            ),
            (
                "<Message>'.', hexadecimal value 0x00, is an invalid character. Line 17. (C:\\user.config line 17)</Message>",
                "System.Xml.XmlException",
            ),
            ("It says Timeout expired. The timeout period elapsed prior to obtaining a connection from the pool", ""),
        ] {
            assert_eq!(by_clear_message(text).map_or("", |row| row[0]), want, "{text}");
        }
    }
}
