using MeetOperator.Rtp.Retransmission;

namespace MeetOperator.Sfu.Pacing;

/// <summary>Where an encrypted packet is kept for retransmission to a subscriber without RTX. The default value keeps nothing.</summary>
internal readonly record struct PacketRecord(RetransmissionHistory? History, ushort Sequence)
{
    public void Keep(ReadOnlySpan<byte> encrypted)
    {
        if (History is { IsDisposed: false } history)
        {
            history.Add(Sequence, encrypted);
        }
    }
}
