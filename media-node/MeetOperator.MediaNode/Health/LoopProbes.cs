using System.Net;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Health;

/// <summary>The network paths to one loop that the node probes: its socket and each advertised address.</summary>
internal sealed class LoopProbes : IDisposable
{
    private readonly ProbedPath _socket;
    private readonly ProbedPath[] _outside;

    public LoopProbes(MediaLoop loop, IPAddress bound, IReadOnlyList<IPAddress> advertised)
    {
        _socket = new ProbedPath(loop.Probe, new IPEndPoint(bound.Equals(IPAddress.Any) ? IPAddress.Loopback : bound, loop.Port));
        _outside = [.. advertised.Select(address => new ProbedPath(loop.Probe, new IPEndPoint(address, loop.Port)))];
    }

    /// <summary>See <see cref="LoopReport.ProbeAgeMs"/>.</summary>
    public long? SocketAgeMs(long nowTicks) => _socket.AgeMs(nowTicks);

    public IReadOnlyList<PathReport> Paths(long nowTicks) =>
        [.. _outside.Select(path => new PathReport { Address = path.Address, ProbeAgeMs = path.WasAnswered ? path.AgeMs(nowTicks) : null })];

    public void Step(long nowTicks)
    {
        _socket.Step(nowTicks);
        foreach (var path in _outside)
        {
            path.Step(nowTicks);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (var path in _outside)
        {
            path.Dispose();
        }
    }
}
