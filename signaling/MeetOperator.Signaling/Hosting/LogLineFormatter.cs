using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Formats each log entry as one console line and redacts IDs, which messages of exceptions and libraries can contain too.</summary>
internal sealed class LogLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lines";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var text = string.Join(' ', logEntry.Formatter(logEntry.State, logEntry.Exception), logEntry.Exception);
        var line = Redaction.Redact(text).ReplaceLineEndings(" ").TrimEnd();
        textWriter.WriteLine($"{time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {LevelName(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {line}");
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
