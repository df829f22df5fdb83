using MeetOperator.MediaNode.Egress;
using MeetOperator.Native.Sockets;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Loops;

/// <summary>One TCP connection of a session. Used on the loop's thread.</summary>
/// <param name="socket">The connection.</param>
/// <param name="address">Its other end, with the number of the connection.</param>
/// <param name="session">The session that the first check named.</param>
/// <param name="sender">The send side.</param>
/// <param name="nowTicks">The time.</param>
/// <param name="onClosed">To be called when the connection is closed.</param>
internal sealed class PeerStream(StreamSocket socket, TransportAddress address, PeerSession session, StreamSender sender, long nowTicks, Action onClosed)
{
    private byte[] _rest = [];
    private int _restBytes;

    public StreamSocket Socket => socket;

    public TransportAddress Address => address;

    public PeerSession Session => session;

    public StreamSender Sender => sender;

    /// <summary>To be called when the connection is closed.</summary>
    public Action OnClosed => onClosed;

    /// <summary>When something authentic last arrived.</summary>
    public long LastReceivedTicks { get; private set; } = nowTicks;

    /// <summary>Frames that were rejected lately. An authentic one halves it, so one now and then does not excuse thousands.</summary>
    public int Rejected { get; private set; }

    /// <summary>A frame was handled.</summary>
    public void OnFrame(long nowTicks, bool isAuthentic)
    {
        LastReceivedTicks = isAuthentic ? nowTicks : LastReceivedTicks;
        Rejected = isAuthentic ? Rejected / 2 : Rejected + 1;
    }

    /// <summary>Copies the beginning of a frame that arrived before to a buffer. Returns its length.</summary>
    public int TakeRest(Span<byte> buffer)
    {
        _rest.AsSpan(0, _restBytes).CopyTo(buffer);
        return _restBytes;
    }

    /// <summary>Keeps the beginning of a frame until the rest arrives.</summary>
    public void KeepRest(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > _rest.Length)
        {
            _rest = new byte[StreamFraming.HeaderBytes + StreamFraming.MaximumPacketBytes];
        }

        rest.CopyTo(_rest);
        _restBytes = rest.Length;
    }
}
