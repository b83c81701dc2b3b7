//! A short page on each code of a note: what it means, what earns it, and what to do.

use super::NoteCode;
use crate::diagnostic::Page;

impl NoteCode {
    /// The code that is written like this, in either case.
    pub fn from_code(text: &str) -> Option<Self> {
        NoteCode::ALL.into_iter().find(|note| note.code().eq_ignore_ascii_case(text))
    }

    /// The kind in a sentence.
    pub fn what(self) -> &'static str {
        match self {
            NoteCode::Holes => "Frame numbers jump: frames were cut out of the text.",
            NoteCode::BreaksOff => "Stacks break off at frames without symbols.",
            NoteCode::WalkFailed => "SOS could not walk a managed stack to its end.",
            NoteCode::Windows1252 => "Some lines were not UTF-8.",
            NoteCode::OverlongLine => "A line of over 1 MiB was left out.",
            NoteCode::Empty => "The source holds no text.",
            NoteCode::NothingRecognised => "The source holds text, but no stack was found in it.",
            NoteCode::Unreadable => "The source could not be read.",
            NoteCode::NotUnderstood => "Many lines of a debugger's output were not understood.",
            NoteCode::CountersThinned => "Series of counters were too long, or too many, to be kept whole.",
            NoteCode::CounterTimes => "The times of counters are in doubt.",
            NoteCode::CounterRows => "Rows or values of counters could not be read.",
            NoteCode::LeakFigures => "Figures of a leak report contradict each other, or cannot be told.",
            NoteCode::SavedPage => "The source is a web page: line numbers are those of its text.",
            NoteCode::CounterRestart => "A process whose counters were recorded restarted.",
            NoteCode::CounterProcess => "Of which process counters are cannot be told.",
            NoteCode::TableFigures => "Tables of heaps and objects are cut, or are not compared.",
            NoteCode::Locks => "What is said of locks does not fit together, or is not all there.",
            NoteCode::ShortNames => "A stack was copied without the namespaces of its types.",
        }
    }

    /// The page on the code.
    pub fn page(self) -> Page {
        let (meaning, example, instead) = match self {
            NoteCode::Holes => (
                "What was cut out is treated as unknown: a rule that forbids a frame, or wants two next to each other, \
                 is one step less sure where a hole lies.",
                "10 00000000`0b99b850 000007fe`dd418ce1 Contoso!Draw+0x99\n\
                 12 00000000`0b99b960 000007ff`010148fe Contoso!Serve+0x2d",
                "Paste the whole stack, as `~Ns; kL` prints it.",
            ),
            NoteCode::BreaksOff => (
                "The debugger found no symbols for some frames, most often managed code, and may have lost its way \
                 below them.",
                "03 00000000`0b99b850 000007ff`010148fe 0x000007ff`01014aa0",
                "Run `.symfix`, `.reload` and `~*kL` again; for a .NET process also `~*e !clrstack`.",
            ),
            NoteCode::WalkFailed => (
                "`!clrstack` gave up on a thread: it is no managed thread, or the dump lacks what SOS needs.",
                "Failed to start stack walk: 80070057",
                "Take a full dump (`.dump /ma`), load the SOS of the runtime in it, and add the native stacks: `~*kL`.",
            ),
            NoteCode::Windows1252 => (
                "Lines that are not UTF-8 were read as Windows-1252, so letters beyond ASCII may be wrong. Rules are \
                 hardly ever touched by this.",
                "Gr\\xf6\\xdfe!Gr\\xf6\\xdfe.Main()+0x12",
                "Write logs with `.logopen /u`, or save the file as UTF-8.",
            ),
            NoteCode::OverlongLine => (
                "No debugger prints such lines; most often a file of another kind lies in the folder.",
                "[a line of 3,145,728 bytes]",
                "Name the log alone, or break the line if it holds a stack.",
            ),
            NoteCode::Empty => (
                "There was nothing to read: an empty file, or a command whose output went elsewhere.",
                ".shell -ci \"r $t0=1\" stacklint scan",
                ".shell -ci \"~*kL\" stacklint scan",
            ),
            NoteCode::NothingRecognised => (
                "No line was a frame, the head of a table or of counters. Files that belong to the case in other ways \
                 earn this note too.",
                "Hi all, the server hangs again.",
                "Add the output of `~*kL` or `~*e !clrstack`; `stacklint parse --show-skipped FILE` tells what was made \
                 of each line.",
            ),
            NoteCode::Unreadable => (
                "The file could not be opened, or it is no text: a memory dump, an archive, a picture. The other files \
                 were read.",
                "stacklint scan w3wp.dmp",
                "Open the dump in WinDbg and save a log: `.logopen w3wp.log`, `~*kL`, `.logclose`.",
            ),
            NoteCode::NotUnderstood => (
                "Between frames stood many lines that are neither frames nor anything known, so frames may have been \
                 missed.",
                "00 00000000`0b99b580 00000000`00000000 a!b+0x1\n00000000`0b99b580 ?? odd",
                "Look at them with `stacklint parse --show-skipped FILE`, and paste the debugger's output unchanged.",
            ),
            NoteCode::CountersThinned => (
                "To bound memory, one sample of two, four or more is kept, the same for a whole series, and always the \
                 last one. Growth over the whole time is seen as before; a short peak may be lost.",
                "[a recording of 60,000 rows, of which 15,001 are kept]",
                "Record with a longer interval (`typeperf -si 15`), or cut a file to the time and the counters that \
                 matter: `relog in.csv -b BEGIN -e END -c COUNTER -f CSV -o out.csv`.",
            ),
            NoteCode::CounterTimes => (
                "Tools write dates as the locale of the machine has them, and no file names it. Where a month over 12 or \
                 the steps between samples do not tell, the usual order is taken; where dates contradict each other, \
                 times are left out. The note also tells of a clock that goes back, and of two recordings in one.",
                "03/04/2026 13:02:03,System.Runtime,GC Heap Size (MB),Metric,45.2",
                "Compare the dates with those of other files; record for more than a day, or one process to a file.",
            ),
            NoteCode::CounterRows => (
                "Rows with more or less values than the header has counters are left out, since nothing tells which is \
                 missing; so are values whose decimal mark is not that of the others, and what was cut.",
                "\"(PDH-CSV 4.0)\",\"\\\\A\\Memory\\Pages/sec\",\"\\\\A\\Memory\\Available MBytes\"\n\
                 \"09/22/2026 13:02:03.123\",\"17.5\"",
                "Take the file as the tool wrote it; `stacklint parse --show-skipped FILE` shows the rows.",
            ),
            NoteCode::LeakFigures => (
                "DebugDiag prints the same figure in graphs, tables and warnings. Two that differ by more than rounding \
                 come from different reports, or one was mistyped. A figure that could be read in two ways, such as \
                 `1.234 MBytes` where nothing tells what the point separates, is left out.",
                "GdiPlus.dll is responsible for 1.17 GBytes worth of outstanding allocations.\n\
                 Module Name   GdiPlus\n\
                 Allocation Size   2.19 GBytes",
                "Compare both places, and put each report into a file of its own.",
            ),
            NoteCode::SavedPage => (
                "DebugDiag saves its reports as web pages. They are turned to text, one row of a table a line, before \
                 they are read, and evidence names the lines of that text. A page of over 64 MiB is read as it stands.",
                "stacklint scan MemoryReport.mht",
                "Nothing needs to be done. To find a line again, copy the report from the browser and scan the text.",
            ),
            NoteCode::CounterRestart => (
                "A new process begins small: what it holds less than the old one says nothing of a leak. So counters are \
                 judged between two restarts only, in the longest stretch. A restart is seen by another process id, by \
                 an elapsed time that falls, or, where neither was recorded, by memory that falls to less than half at \
                 once and stays there.",
                "\"03/10/2016 13:30:07.217\",\"5979922432\",\"4312\"\n\
                 \"03/10/2016 13:31:07.213\",\"214748364\",\"9020\"",
                "Record `\\Process(*)\\ID Process` and `\\Process(*)\\Elapsed Time` too, and turn recycling off meanwhile.",
            ),
            NoteCode::CounterProcess => (
                "Performance counters number processes of one name, `w3wp` and `w3wp#1`, anew in each recording and for \
                 each object, and dotnet-counters writes no name into CSV. Recordings that may be of different processes \
                 are judged each for itself.",
                "\"(PDH-CSV 4.0)\",\"\\\\WEB01\\Process(w3wp)\\Private Bytes\",\"\\\\WEB01\\Process(w3wp#1)\\Private Bytes\"",
                "Record `\\Process(*)\\ID Process` and `\\.NET CLR Memory(*)\\Process ID` too, or one process to a folder.",
            ),
            NoteCode::TableFigures => (
                "Growth is told from two tables of one process. Where rows do not come to the total that is printed, some \
                 are missing, and what is not listed is unknown. Tables are not compared where anything says that they \
                 are of different processes: process ids, the time at which the process began, or System.String with \
                 another method table.",
                "              MT    Count    TotalSize Class Name\n\
                 00007ffa1bf0aa10   412907     61936050 System.String\n\
                 Total 730458 objects",
                "Save the whole output of the command (`.logopen FILE`), take all captures from one process, and run `.time` \
                 or `vertarget` in each.",
            ),
            NoteCode::Locks => (
                "A table names the owner of a lock, and the text has no stack of that thread; or a table and a stack, two \
                 tables, or two stacks of one thread cannot be of one moment; or a table may be of any of several \
                 processes. What cannot be put together is left open: no owner is guessed.",
                "   10 0000000000337110            7         1 000000000034cce0 118   6   00000000027e1c68 System.Object\n\
                 [and no stack of thread 6]",
                "Print tables and stacks of one stop of the process: `!syncblk`, `!locks`, `~*e !clrstack -a`, `~*kv`. \
                 Keep the texts of each process and each dump in a folder of its own.",
            ),
            NoteCode::ShortNames => (
                "Rider and some windows of Visual Studio copy a method with its type alone. Types of .NET that stand in \
                 waiting threads (`Monitor`, `WaitHandle`, `Task`, `Control`) are taken for those of .NET, and get their \
                 namespaces; a type of the application by the same name would be mistaken for it. Rules that name other \
                 types whole do not match here.",
                "\tMonitor.Enter()\n\
                 \tLedger.Post()\n\
                 \tLedger.Close()\n\
                 \tTask.InnerInvoke()",
                "Take the stacks with `dotnet-stack report -p PID`, or as a dump with `!clrstack`: these print whole names.",
            ),
        };
        Page { meaning, example, instead }
    }
}
