//! What Windows Error Reporting keeps of a .NET exception that nobody caught: the bucket `CLR20r3`.
//!
//! ```text
//! EventType clr20r3, P1 ledger.exe, P2 4.0.5.0, P3 4880b494, P4 system.configuration, P5 2.0.0.0, P6 461ef187, P7 2cc, P8 1c, P9 ioibmurhynrxkw0zxkyrvfn0boyyufow, P10 NIL.
//! Problem Event Name:  CLR20r3
//! Problem Signature 09:  System.IO.FileNotFoundException
//! ```
//!
//! The fourth parameter is the assembly that threw, the seventh its method (a token without its first byte, 06), the eighth
//! the offset in its code, the ninth the type of the exception. What has more than 32 characters is written as a hash:
//! SHA-1 of the name in UTF-16, in the 32 characters `a` to `z` and `0` to `5`, as `BytesToBase32` of the runtime does. A
//! hash cannot be undone, but those of known types can be made.

use std::sync::LazyLock;

use sha1::{Digest, Sha1};

use super::told_exception::is_exception_type;

/// Types whose names are too long for a parameter.
const LONG_NAMES: [&str; 71] = [
    "Microsoft.CSharp.RuntimeBinder.RuntimeBinderException",
    "Microsoft.Practices.ServiceLocation.ActivationException",
    "Microsoft.VisualBasic.ApplicationServices.CantStartSingleInstanceException",
    "Microsoft.VisualBasic.ApplicationServices.NoStartupFormException",
    "MySql.Data.MySqlClient.MySqlException",
    "Newtonsoft.Json.JsonReaderException",
    "Newtonsoft.Json.JsonSerializationException",
    "Oracle.DataAccess.Client.OracleException",
    "Oracle.ManagedDataAccess.Client.OracleException",
    "System.AppDomainUnloadedException",
    "System.Collections.Generic.KeyNotFoundException",
    "System.ComponentModel.InvalidEnumArgumentException",
    "System.Configuration.ConfigurationErrorsException",
    "System.Configuration.ConfigurationException",
    "System.Data.Entity.Core.EntityException",
    "System.Data.SQLite.SQLiteException",
    "System.Data.SqlClient.SqlException",
    "System.Data.SqlTypes.SqlNullValueException",
    "System.Deployment.Application.DeploymentDownloadException",
    "System.Diagnostics.Eventing.Reader.EventLogException",
    "System.DirectoryServices.DirectoryServicesCOMException",
    "System.Drawing.Printing.InvalidPrinterException",
    "System.IO.IsolatedStorage.IsolatedStorageException",
    "System.Management.Automation.CmdletInvocationException",
    "System.Management.Automation.RuntimeException",
    "System.Management.ManagementException",
    "System.Messaging.MessageQueueException",
    "System.Net.Http.HttpRequestException",
    "System.Net.NetworkInformation.PingException",
    "System.Net.Sockets.SocketException",
    "System.Reflection.ReflectionTypeLoadException",
    "System.Reflection.TargetInvocationException",
    "System.Runtime.InteropServices.COMException",
    "System.Runtime.InteropServices.ExternalException",
    "System.Runtime.InteropServices.InvalidComObjectException",
    "System.Runtime.InteropServices.MarshalDirectiveException",
    "System.Runtime.InteropServices.SEHException",
    "System.Runtime.Remoting.RemotingException",
    "System.Runtime.Serialization.SerializationException",
    "System.Security.Authentication.AuthenticationException",
    "System.Security.Cryptography.CryptographicException",
    "System.Security.Principal.IdentityNotMappedException",
    "System.Security.SecurityException",
    "System.Security.VerificationException",
    "System.ServiceModel.AddressAccessDeniedException",
    "System.ServiceModel.AddressAlreadyInUseException",
    "System.ServiceModel.CommunicationException",
    "System.ServiceModel.CommunicationObjectFaultedException",
    "System.ServiceModel.EndpointNotFoundException",
    "System.ServiceModel.FaultException",
    "System.ServiceModel.ProtocolException",
    "System.ServiceModel.Security.MessageSecurityException",
    "System.ServiceModel.ServiceActivationException",
    "System.ServiceProcess.TimeoutException",
    "System.Threading.AbandonedMutexException",
    "System.Threading.SemaphoreFullException",
    "System.Threading.SynchronizationLockException",
    "System.Threading.Tasks.TaskCanceledException",
    "System.Threading.ThreadStateException",
    "System.Threading.WaitHandleCannotBeOpenedException",
    "System.Transactions.TransactionAbortedException",
    "System.Transactions.TransactionException",
    "System.TypeInitializationException",
    "System.UnauthorizedAccessException",
    "System.Web.HttpUnhandledException",
    "System.Web.Management.SqlExecutionException",
    "System.Web.Services.Protocols.SoapException",
    "System.Windows.Automation.ElementNotAvailableException",
    "System.Windows.Markup.XamlParseException",
    "System.Windows.ResourceReferenceKeyNotFoundException",
    "System.Xml.Schema.XmlSchemaValidationException",
];

/// What such a line holds.
pub const MARKS: [&str; 3] = ["Problem Signature 09:", "P9:", "P9 "];

/// The characters of a hash, five bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

static HASHES: LazyLock<Vec<(String, &'static str)>> =
    LazyLock::new(|| LONG_NAMES.iter().map(|&name| (hash_of(name), name)).collect());

/// A row of exception text (type, message, outer, unhandled) for a line that names the exception of such a bucket.
pub fn bucket(trimmed: &str) -> Option<Vec<&str>> {
    if let Some(value) = trimmed.strip_prefix("Problem Signature 09:").or_else(|| trimmed.strip_prefix("P9:")) {
        let name = type_of(value.trim())?;
        return Some(vec![name, "", "", "CLR20r3"]);
    }
    // The line may be wrapped before any of the parameters.
    let (before, behind) = trimmed.split_once("P9 ")?;
    let (value, rest) = behind.split_once(',')?;
    let fits = (before.is_empty() || before.ends_with(", ")) && rest.trim_start().starts_with("P10");
    let name = type_of(value.trim()).filter(|_| fits)?;
    Some(vec![name, parameters(before), "", "CLR20r3"])
}

/// `P4 system.configuration, P5 2.0.0.0, P6 461ef187, P7 2cc, P8 1c`: where it was thrown.
fn parameters(before: &str) -> &str {
    let from = before.find("P4 ").unwrap_or(before.len());
    before[from..].trim_end_matches([',', ' '])
}

fn type_of(value: &str) -> Option<&str> {
    let value = value.trim_end_matches('.');
    if value.len() == 32 && !value.contains('.') {
        let hash = value.to_ascii_lowercase();
        return HASHES.iter().find(|(known, _)| *known == hash).map(|(_, name)| *name);
    }
    // These are written with small letters.
    let is_lower = value.ends_with("exception") && value.contains('.') && !value.contains(' ');
    (is_lower || is_exception_type(value)).then_some(value)
}

fn hash_of(name: &str) -> String {
    let bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (mut text, mut held, mut bits) = (String::new(), 0u32, 0);
    for byte in Sha1::digest(bytes) {
        (held, bits) = (held << 8 | u32::from(byte), bits + 8);
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_buckets() {
        const WHERE: &str = "P4 system.configuration, P5 2.0.0.0, P6 461ef187, P7 2cc, P8 1c";
        for (text, want) in [
            (
                "EventType clr20r3, P1 ledger.exe, P2 4.0.5.0, P3 4880b494, P4 system.configuration, P5 2.0.0.0, P6 461ef187, \
                 P7 2cc, P8 1c, P9 ioibmurhynrxkw0zxkyrvfn0boyyufow, P10 NIL.",
                Some(("System.Configuration.ConfigurationErrorsException", WHERE)),
            ),
            (
                "ledgerservice, P5 1.0.0.0, P6 47803796, P7 16, P8 3e, P9 system.io.filenotfoundexception, P10 NIL.",
                Some(("system.io.filenotfoundexception", "")),
            ),
            ("Problem Signature 09:	System.IO.FileNotFoundException", Some(("System.IO.FileNotFoundException", ""))),
            ("P9: 12e", None),
            ("Problem Signature 09: abcdefghijklmnopqrstuvwxyz012345", None),
            ("see P9 system.io.ioexception, P10 or more", None),
        ] {
            let got = bucket(text);
            assert_eq!(got.as_ref().map(|row| (row[0], row[1])), want, "{text}");
        }
    }

    #[test]
    fn only_long_names_are_hashed() {
        for name in LONG_NAMES {
            assert!(name.len() > 32, "{name}");
        }
    }
}
