using MeetOperator.Rtc.Transport;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// A transport that was created on the thread of a request, because that takes longer than a loop may be away from its socket. The loop takes it for a session, which then owns
/// it. The request disposes it, which has an effect only if the loop has not taken it: the room may be gone, or the request cancelled. Safe for concurrent use.
/// </summary>
internal sealed class UnusedTransport : IDisposable
{
    private PeerTransport? _unused;

    public UnusedTransport(PeerTransport transport) => Value = _unused = transport;

    /// <summary>The transport, to build on it what becomes part of the session.</summary>
    public PeerTransport Value { get; }

    /// <summary>Takes the transport. Throws <see cref="OperationCanceledException"/> when the request has given up, and changes nothing then.</summary>
    public PeerTransport Take() => Interlocked.Exchange(ref _unused, null) ?? throw new OperationCanceledException("The request was cancelled before the loop took its transport.");

    public void Dispose() => Interlocked.Exchange(ref _unused, null)?.Dispose();
}
