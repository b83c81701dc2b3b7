//! The labels of Windows' report on a program that faulted (event 1000, Application Error), in the languages of Windows:
//! whoever pastes an event has it in their own.

use std::sync::LazyLock;

use memchr::memchr3;

use super::is_code;
use crate::formats::marks::Marks;

/// The names under which the fields are kept.
pub const APPLICATION: &str = "Faulting application name";
pub const MODULE: &str = "Faulting module name";

const APPLICATION_LABELS: [&str; 14] = [
    APPLICATION,
    "Name der fehlerhaften Anwendung",
    "Nom de l'application défaillante",
    "Nom de l’application défaillante",
    "Nombre de la aplicación con errores",
    "Nome do aplicativo com falha",
    "Nome dell'applicazione che ha generato l'errore",
    "Nazwa aplikacji powodującej błąd",
    "Имя сбойного приложения",
    "障害が発生しているアプリケーション名",
    "错误应用程序名称",
    "出错应用程序名称",
    "失敗的應用程式名稱",
    "오류 있는 응용 프로그램 이름",
];

const MODULE_LABELS: [&str; 14] = [
    MODULE,
    "Name des fehlerhaften Moduls",
    "Nom du module défaillant",
    "Nom du module par défaut",
    "Nombre del módulo con errores",
    "Nome do módulo com falha",
    "Nome del modulo che ha generato l'errore",
    "Nazwa modułu powodującego błąd",
    "Имя сбойного модуля",
    "障害が発生しているモジュール名",
    "错误模块名称",
    "出错模块名称",
    "失敗的模組名稱",
    "오류 있는 모듈 이름",
];

const CODE_LABELS: [&str; 17] = [
    // Dr. Watson
    "Exception number",
    "Exception code",
    "Exception Code",
    "Ausnahmecode",
    "Code d'exception",
    "Code d’exception",
    "Code de l'exception",
    "Código de excepción",
    "Código de la excepción",
    "Código de exceção",
    "Codice eccezione",
    "Kod wyjątku",
    "Код исключения",
    "例外コード",
    "异常代码",
    "例外狀況代碼",
    "예외 코드",
];

static MARKS: LazyLock<Marks> =
    LazyLock::new(|| Marks::new(APPLICATION_LABELS.iter().chain(&MODULE_LABELS).chain(&CODE_LABELS)));

/// The name of the faulting application or module, as a field: `Name des fehlerhaften Moduls: Ledger.dll, Version: 1.0.0.0`.
pub fn name_of_fault(text: &str) -> Option<(&'static str, &str)> {
    let (label, value) = split_label(text)?;
    let field = match label {
        _ if APPLICATION_LABELS.contains(&label) => APPLICATION,
        _ if MODULE_LABELS.contains(&label) => MODULE,
        _ => return None,
    };
    Some((field, value.trim()))
}

/// The code behind its label: `Ausnahmecode: 0xc0000005`, `Exception number: c0000005 (access violation)`.
pub fn code_of_fault(text: &str) -> Option<&str> {
    let (label, value) = split_label(text)?;
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';');
    let code = value.split(ends).find(|word| !word.is_empty()).filter(|_| CODE_LABELS.contains(&label))?;
    is_code(code).then_some(code)
}

/// What stands before a colon near the beginning of a line, and behind it. Most lines have none.
fn split_label(text: &str) -> Option<(&str, &str)> {
    const LONGEST: usize = 64;
    const WIDE: &str = "：";
    let text = text.trim();
    let at = memchr3(b':', b'=', WIDE.as_bytes()[0], text.as_bytes()).filter(|&at| at <= LONGEST)?;
    let (label, behind) = text.split_at(at);
    let behind = behind.strip_prefix([':', '=']).or_else(|| behind.strip_prefix(WIDE))?;
    Some((label.trim_end(), behind))
}

/// A report whose line ends were lost: the pieces begin with the labels.
pub fn lost_line_ends(text: &str) -> Option<Vec<&str>> {
    if !MARKS.is_any_in(text) {
        return None;
    }
    let mut starts: Vec<usize> = MARKS.places(text).into_iter().map(|place| place.start).collect();
    if starts.len() < 2 {
        return None;
    }
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let fields: Vec<&str> = starts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect();
    let is_report = fields.iter().any(|field| name_of_fault(field).is_some())
        && fields.iter().any(|field| code_of_fault(field).is_some());
    is_report.then(|| [&text[..starts[0]]].into_iter().chain(fields).filter(|piece| !piece.trim().is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_in_the_languages_of_windows() {
        for (text, want) in [
            ("Faulting module name: Ledger.dll, version: 1.0.0.0", Some((MODULE, "Ledger.dll, version: 1.0.0.0"))),
            ("Name des fehlerhaften Moduls: Ledger.dll, Version: 1.0", Some((MODULE, "Ledger.dll, Version: 1.0"))),
            ("Nom de l’application défaillante : Till.exe, version : 1", Some((APPLICATION, "Till.exe, version : 1"))),
            ("错误应用程序名称: Till.exe,版本: 1.0.0.0", Some((APPLICATION, "Till.exe,版本: 1.0.0.0"))),
            ("Faulting module: Ledger.dll", None),
        ] {
            assert_eq!(name_of_fault(text), want, "{text}");
        }
        for (text, want) in [
            ("Ausnahmecode: 0xc0000005", Some("0xc0000005")),
            ("Exception number: c0000005 (access violation)", Some("c0000005")),
            ("异常代码: 0xc0000409 错误偏移量: 0x000f8d1c", Some("0xc0000409")),
            ("异常代码: 0xc0000005，错误偏移量: 0x0001d1c", Some("0xc0000005")),
            ("Exception code: see below", None),
        ] {
            assert_eq!(code_of_fault(text), want, "{text}");
        }
    }

    #[test]
    fn a_report_on_one_line() {
        let text = "Faulting application name: Till.exe, version: 1.0.0.0 Faulting module name: Ledger.dll, version: 1.0 \
                    Exception code: 0xc0000409 Fault offset: 0x1d1c";
        assert_eq!(
            lost_line_ends(text).unwrap_or_default(),
            [
                "Faulting application name: Till.exe, version: 1.0.0.0 ",
                "Faulting module name: Ledger.dll, version: 1.0 ",
                "Exception code: 0xc0000409 Fault offset: 0x1d1c"
            ]
        );
        assert_eq!(lost_line_ends("The Exception code and the Faulting module name are not in it"), None);
    }
}
