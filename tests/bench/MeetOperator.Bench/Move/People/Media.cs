using MeetOperator.Bench.Media;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Bench.Move.People;

/// <summary>Microphone and camera on one connection. The frames of all connections of a member have the same numbers.</summary>
internal sealed class Media(MediaPlan plan, BenchPeer peer)
{
    private const byte Loud = 10;
    private const byte Quiet = 80;
    private const int PacketsOfFrame = 2;

    // VP8: a descriptor that starts a frame, and the header of a frame of 320 x 180 whose lowest bit is 0 in key frames (RFC 7741).
    private readonly byte[] _start = [0x10, 0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00, .. new byte[600]];
    private readonly byte[] _rest = [0x00, .. new byte[600]];
    private readonly byte[] _voice = [0xF8, .. new byte[60]];
    private ushort _voiceSequence;
    private ushort _pictureSequence;

    /// <summary>Whether the next frame is a key frame.</summary>
    public bool NeedsKeyFrame { get; set; } = true;

    /// <summary>Whether a packet of each track was sent while the connection was up.</summary>
    public bool HasSentAll => (_voiceSequence > 0 || !plan.HasSound) && (_pictureSequence > 0 || !plan.HasPicture);

    public void SendVoice(uint frame)
    {
        if (!peer.IsConnected)
        {
            return;
        }

        new Stamp(plan.Person, frame, 0, 1, Crowd.KernelTicks).Write(_voice);
        var header = new RtpHeader { PayloadType = 111, SequenceNumber = ++_voiceSequence, Timestamp = (uint)(frame * plan.SoundInterval.TotalSeconds * 48_000), Ssrc = BenchSdp.AudioSsrc };
        peer.SendVoice(header, plan.IsLoud ? Loud : Quiet, _voice);
    }

    public void SendPicture(uint frame)
    {
        if (!peer.IsConnected)
        {
            return;
        }

        _start[1] = (byte)(NeedsKeyFrame ? 0x10 : 0x11);
        NeedsKeyFrame = false;
        var now = Crowd.KernelTicks;
        for (var packet = 0; packet < PacketsOfFrame; packet++)
        {
            var payload = packet == 0 ? _start : _rest;
            new Stamp(plan.Person, frame, (byte)packet, PacketsOfFrame, now).Write(payload);
            var isLast = packet == PacketsOfFrame - 1;
            peer.SendRtp(new RtpHeader { PayloadType = 96, SequenceNumber = ++_pictureSequence, Timestamp = (uint)(frame * plan.PictureInterval.TotalSeconds * 90_000), Ssrc = BenchSdp.VideoSsrc, Marker = isLast }, payload);
        }
    }
}
