using System.Numerics;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Counts what threw on one loop, by what the error ended. Used by the loop's thread.</summary>
internal sealed partial class LoopFaults(int port, ILogger logger)
{
    private static readonly FaultScope[] Scopes = Enum.GetValues<FaultScope>();
    private readonly long[] _counts = new long[Scopes.Length];

    public long this[FaultScope scope] => _counts[(int)scope];

    public void Count(FaultScope scope, Exception error)
    {
        // What a peer can cause at will must not fill the log as well: the first, the second, the fourth, the eighth … is written.
        var count = ++_counts[(int)scope];
        if (BitOperations.IsPow2(count))
        {
            LogFault(logger, port, scope, count, error);
        }
    }

    public IReadOnlyDictionary<string, long> Copy() => Scopes.ToDictionary(s => s.ToString(), s => _counts[(int)s], StringComparer.Ordinal);

    [LoggerMessage(EventId = 100, Level = LogLevel.Error, Message = "The loop of port {Port} met an error, which ended its {Scope} (number {Count} of these); all else goes on.")]
    private static partial void LogFault(ILogger logger, int port, FaultScope scope, long count, Exception exception);
}
