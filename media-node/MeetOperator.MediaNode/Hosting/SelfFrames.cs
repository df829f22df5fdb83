using MeetOperator.MediaNode.WarmUp;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>What the publisher of the self-call sends: each frame is a key frame of several packets.</summary>
internal sealed class SelfFrames
{
    private const int PacketsPerFrame = 8;

    // A VP8 payload descriptor that starts a frame; zeros follow, and a zero first bit means key frame (RFC 7741 §4.2, §4.3).
    private readonly byte[] _payload = [0x10, .. new byte[999]];
    private static readonly byte[] Voice = new byte[60];
    private ushort _sequence = 1;

    /// <summary>Number of frames that were sent.</summary>
    public uint Count { get; private set; }

    /// <summary>Sends the next frame on each connection. Those that are not connected yet send nothing.</summary>
    public void Send(params ReadOnlySpan<LoopbackPeer> peers)
    {
        for (var i = 0; i < PacketsPerFrame; i++)
        {
            var header = new RtpHeader { PayloadType = 96, SequenceNumber = _sequence++, Timestamp = Count * 3000, Ssrc = 1, Marker = i == PacketsPerFrame - 1 };
            Send(peers, header, _payload);
        }

        Count++;
    }

    /// <summary>Sends the sound that belongs to the next frame.</summary>
    public void SendSound(params ReadOnlySpan<LoopbackPeer> peers) =>
        Send(peers, new RtpHeader { PayloadType = 111, SequenceNumber = (ushort)Count, Timestamp = Count * 960, Ssrc = 3 }, Voice);

    private static void Send(ReadOnlySpan<LoopbackPeer> peers, in RtpHeader header, ReadOnlySpan<byte> payload)
    {
        foreach (var peer in peers)
        {
            if (peer.IsConnected)
            {
                peer.SendRtp(header, payload);
            }
        }
    }
}
