namespace MeetOperator.Sfu.Bandwidth;

/// <summary>What is remembered of a sent packet until feedback about it arrives. 16 bytes.</summary>
internal struct SentPacket
{
    public long SentTicks;
    public ushort Bytes;
    public ushort ProbeId;
    public SentPacketState State;
}
