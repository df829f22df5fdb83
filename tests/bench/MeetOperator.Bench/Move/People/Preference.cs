using System.Runtime.InteropServices;

namespace MeetOperator.Bench.Move.People;

/// <summary>
/// Gives the people of this process a larger share of the processors for a time. Each person has a computer elsewhere; here, all of them share one machine with what they are to measure, and
/// would often read late what has arrived in time. Linux divides processors among sessions of processes first (sched(7), "The autogroup feature"). Where the kernel does not, or the
/// process may not change its share, the share stays as it is.
/// </summary>
internal sealed class Preference : IDisposable
{
    private const string Session = "/proc/self/autogroup";

    /// <summary>Nine times the weight of a usual session, as in <c>tests/cluster/timing/priority.mjs</c>.</summary>
    private const string Nice = "-10";
    private readonly string? _before;
    private readonly PosixSignalRegistration[] _ends = [];

    public Preference()
    {
        try
        {
            var before = File.ReadAllText(Session).Split(' ')[^1].Trim(); // "/autogroup-25 nice 0"
            File.WriteAllText(Session, Nice);
            _before = before;
            _ends = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, _ => Restore()))]; // the session may be that of a terminal
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The simulated people do not get a larger share of the processors: {e.Message}");
        }
    }

    public void Dispose()
    {
        Array.ForEach(_ends, end => end.Dispose());
        Restore();
    }

    private void Restore()
    {
        if (_before is not null)
        {
            File.WriteAllText(Session, _before);
        }
    }
}
