using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Health;

/// <summary>The network paths to one loop that the node probes: its sockets and each advertised address.</summary>
internal sealed class LoopProbes : IDisposable
{
    private readonly ProbedPath[] _sockets;
    private readonly ProbedPath[] _outside;

    /// <param name="loop">The loop.</param>
    /// <param name="own">The addresses at which this process reaches the loop's sockets.</param>
    /// <param name="advertised">The addresses at which clients reach them.</param>
    public LoopProbes(MediaLoop loop, IReadOnlyList<IPAddress> own, IReadOnlyList<IPAddress> advertised)
    {
        _sockets = [.. own.Select(address => new ProbedPath(loop.Probe, new IPEndPoint(address, loop.Port)))];
        _outside = [.. advertised.Select(address => new ProbedPath(loop.Probe, new IPEndPoint(address, loop.Port)))];
    }

    /// <summary>See <see cref="LoopReport.ProbeAgeMs"/>. The oldest of all sockets of the loop.</summary>
    public long? SocketAgeMs(long nowTicks) => _sockets.Max(socket => socket.AgeMs(nowTicks));

    public IReadOnlyList<PathReport> Paths(long nowTicks) =>
        [.. _outside.Select(path => new PathReport { Address = path.Address, ProbeAgeMs = path.WasAnswered ? path.AgeMs(nowTicks) : null })];

    public void Step(long nowTicks)
    {
        foreach (var path in _sockets.Concat(_outside))
        {
            path.Step(nowTicks);
        }
    }

    public void Dispose()
    {
        foreach (var path in _sockets.Concat(_outside))
        {
            path.Dispose();
        }
    }
}
