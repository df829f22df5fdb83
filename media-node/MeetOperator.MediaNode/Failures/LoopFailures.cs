using System.Numerics;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Failures;

/// <summary>Counts and logs unexpected errors on one loop by scope. Used by the loop's thread.</summary>
internal sealed partial class LoopFailures(int port, ILogger logger)
{
    private static readonly FailureScope[] Scopes = Enum.GetValues<FailureScope>();
    private readonly long[] _counts = new long[Scopes.Length];

    public void Count(FailureScope scope, Exception error)
    {
        // Logs only occurrences 1, 2, 4, 8 and so on, because a peer that triggers errors at will must not fill the log.
        var count = ++_counts[(int)scope];
        if (BitOperations.IsPow2(count))
        {
            LogFailure(logger, port, scope, count, error);
        }
    }

    public IReadOnlyDictionary<string, long> Copy() => Scopes.ToDictionary(s => s.ToString(), s => _counts[(int)s], StringComparer.Ordinal);

    [LoggerMessage(EventId = 4100, Level = LogLevel.Error, Message = "An unexpected error on the loop of port {Port} ended one {Scope} (occurrence {Count}). The loop continues.")]
    private static partial void LogFailure(ILogger logger, int port, FailureScope scope, long count, Exception exception);
}
